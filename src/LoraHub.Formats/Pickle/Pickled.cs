using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Pickle;

/// <summary>The allowed global names in a pickle. They are labels only: nothing is looked up, imported or called.</summary>
enum PickledGlobal
{
    RebuildTensor,
    RebuildParameter,
    OrderedDictionary,
}

/// <summary>A storage's type, such as <c>torch.FloatStorage</c>.</summary>
sealed record PickledStorageType(DType DType);

/// <summary>A storage: the key of its record and the number of elements it claims to hold.</summary>
sealed record PickledStorage(DType DType, string Key, long Elements);

/// <summary>A strided view of a storage, not yet validated; offset and strides are in elements.</summary>
sealed record PickledTensor(PickledStorage Storage, long Offset, IReadOnlyList<long> Shape, IReadOnlyList<long> Strides);

/// <summary>A dict or an OrderedDict, from strings to any value allowed in a pickle of tensors.</summary>
sealed class PickledDictionary : OrderedDictionary<string, object>;

/// <summary>Python's <c>None</c>.</summary>
sealed class PickledNone
{
    public static readonly PickledNone Value = new();
}
