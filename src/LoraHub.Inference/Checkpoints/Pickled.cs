using static TorchSharp.torch;

namespace LoraHub.Inference.Checkpoints;

/// <summary>What a global name in a pickle stands for. It is a label: nothing is looked up, imported or called.</summary>
enum PickledGlobal
{
    RebuildTensor,
    RebuildParameter,
    OrderedDictionary,
}

/// <summary>A storage's type, such as <c>torch.FloatStorage</c>.</summary>
sealed record PickledStorageType(ScalarType DType);

/// <summary>A storage: the record that holds it, and how many elements it claims to hold.</summary>
sealed record PickledStorage(ScalarType DType, string Key, long Elements);

/// <summary>A strided view of a storage; offset and strides in elements. Nothing in it has been checked yet.</summary>
sealed record PickledTensor(PickledStorage Storage, long Offset, IReadOnlyList<long> Shape, IReadOnlyList<long> Strides);

/// <summary>A dictionary or an OrderedDict, from strings to anything a pickle of tensors may hold.</summary>
sealed class PickledDictionary : OrderedDictionary<string, object>;

/// <summary>Python's <c>None</c>.</summary>
sealed class PickledNone
{
    public static readonly PickledNone Value = new();
}
