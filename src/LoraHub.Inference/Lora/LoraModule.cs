using System.Security.Cryptography;

using LoraHub.Core.Modules;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>A LoRA module in memory: one flat vector. Owns it.</summary>
sealed class LoraModule : IDisposable
{
    LoraModule(ModuleInfo info, AdapterConfig config, AdapterLayout layout, string digest, Tensor numbers) =>
        (Info, Config, Layout, Digest, Numbers) = (info, config, layout, digest, numbers);

    public ModuleInfo Info { get; }

    public AdapterConfig Config { get; }

    public AdapterLayout Layout { get; }

    /// <summary>SHA-256 of the checkpoint file, in lower-case hexadecimal digits.</summary>
    public string Digest { get; }

    /// <summary>All factors in the layout's order, (<see cref="AdapterLayout.Size"/>), fp32 or better, on the model's device.</summary>
    public Tensor Numbers { get; }

    public long Bytes => Numbers.numel() * Numbers.element_size();

    /// <summary>Reads a PEFT folder and checks it against the model it is for.</summary>
    /// <exception cref="AdapterException">It does not fit the model, or a number in it is not finite.</exception>
    /// <exception cref="CheckpointException">Its checkpoint is broken or not safe to read.</exception>
    public static LoraModule Load(ModuleInfo info, T5Model model)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.OpenAdapter(info.Folder);
        var config = AdapterConfig.Load(info.Folder);
        var layout = AdapterLayout.Read(checkpoint.Entries, config.Rank);
        CheckFits(layout, model);

        var type = model.ComputeType == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var numbers = empty(layout.Size, type, model.Device);
        foreach (var slot in layout.Slots)
        {
            slot.A(numbers).copy_(checkpoint.Read(slot.KeyOfA));
            slot.B(numbers).copy_(checkpoint.Read(slot.KeyOfB));
        }

        if (!numbers.isfinite().all().item<bool>())
        {
            throw new AdapterException("the checkpoint holds a number that is not finite (NaN or infinity).");
        }

        return new LoraModule(info, config, layout, DigestOf(info.Folder), numbers.DetachFromDisposeScope());
    }

    public void Dispose() => Numbers.Dispose();

    static void CheckFits(AdapterLayout layout, T5Model model)
    {
        foreach (var slot in layout.Slots)
        {
            if (model.Matrix(slot.Layer) is not { } matrix)
            {
                throw new AdapterException($"it adapts `{slot.Layer}`, which the base model does not have: it is a module of another architecture.");
            }

            if (matrix.shape[0] != slot.Output || matrix.shape[1] != slot.Input)
            {
                throw new AdapterException(
                    $"its update of `{slot.Layer}` is {slot.Output} × {slot.Input}, the base model's layer {matrix.shape[0]} × {matrix.shape[1]}: it is a module of another architecture.");
            }
        }
    }

    static string DigestOf(string folder)
    {
        using var stream = File.OpenRead(Checkpoint.AdapterFile(folder));
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
