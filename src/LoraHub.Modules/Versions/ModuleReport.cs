namespace LoraHub.Modules.Versions;

/// <summary>What a module's numbers were found to be: read once, when it comes in, and kept.</summary>
public sealed record ModuleReport
{
    /// <summary>Id of the model it was trained on (<c>base_model_name_or_path</c>).</summary>
    public required string BaseModel { get; init; }

    /// <summary>Tells that model's bytes from any other's, 64 hexadecimal digits; null when the model was not here, so that shapes could not be checked against it.</summary>
    public string? BaseModelDigest { get; init; }

    /// <summary>r.</summary>
    public required int Rank { get; init; }

    /// <summary>lora_alpha.</summary>
    public required double Alpha { get; init; }

    /// <summary>What is adapted: the last parts of the layers' names, as <c>q</c> and <c>v</c>, ordered.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>Of the factors in the file, as safetensors calls it: <c>F32</c>, <c>BF16</c>.</summary>
    public required string DType { get; init; }

    /// <summary>How many numbers all factors have together.</summary>
    public required long Parameters { get; init; }

    /// <summary>The Frobenius norm of the whole update, scaling · BA over all layers.</summary>
    public required double Norm { get; init; }

    /// <summary>One for each adapted layer, in the order of their names.</summary>
    public required IReadOnlyList<LayerReport> Layers { get; init; }

    /// <summary>
    /// A short vector whose products approximate those of whole updates: ⟨ΔW₁, ΔW₂⟩ ≈ ⟨s₁, s₂⟩ for two modules of one base model. fp32, little-endian.
    /// </summary>
    public required byte[] Sketch { get; init; }
}

/// <summary>The update of one layer, ΔW = scaling · BA.</summary>
/// <param name="Layer">The base layer's name in the checkpoint, without <c>.weight</c>.</param>
/// <param name="Norm">Frobenius.</param>
/// <param name="Energy">Its share in the squared norm of the whole update, 0 to 1.</param>
/// <param name="SingularValues">The largest ones, descending, at most 4.</param>
/// <param name="EffectiveRank">exp of the entropy of the normalised singular values (Roy and Vetterli, 2007): 1 to r.</param>
public sealed record LayerReport(string Layer, double Norm, double Energy, IReadOnlyList<double> SingularValues, double EffectiveRank);
