namespace LoraHub.Modules.Versions;

/// <summary>The measurements of a module's weights, taken once when it is published.</summary>
public sealed record ModuleReport
{
    /// <summary>The id of the model that it was trained on (<c>base_model_name_or_path</c>).</summary>
    public required string BaseModel { get; init; }

    /// <summary>The digest of that model, 64 hexadecimal digits; null if the model was not installed and the shapes could not be checked.</summary>
    public string? BaseModelDigest { get; init; }

    /// <summary>r.</summary>
    public required int Rank { get; init; }

    /// <summary>lora_alpha.</summary>
    public required double Alpha { get; init; }

    /// <summary>The adapted layers: the distinct last parts of their names, such as <c>q</c> and <c>v</c>, ordered.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>The data type of the factors in the file, by its safetensors name: <c>F32</c>, <c>BF16</c>.</summary>
    public required string DType { get; init; }

    /// <summary>The number of elements in all factors.</summary>
    public required long Parameters { get; init; }

    /// <summary>The Frobenius norm of the whole update, scaling · BA over all layers.</summary>
    public required double Norm { get; init; }

    /// <summary>One entry for each adapted layer, ordered by name.</summary>
    public required IReadOnlyList<LayerReport> Layers { get; init; }

    /// <summary>
    /// A short vector for comparisons: ⟨s₁, s₂⟩ ≈ ⟨ΔW₁, ΔW₂⟩ for two modules for the same base model. fp32, little-endian.
    /// </summary>
    public required byte[] Sketch { get; init; }
}

/// <summary>The update of one layer, ΔW = scaling · BA.</summary>
/// <param name="Layer">The base layer's name in the checkpoint, without <c>.weight</c>.</param>
/// <param name="Norm">The Frobenius norm.</param>
/// <param name="Energy">Its share in the squared norm of the whole update, 0 to 1.</param>
/// <param name="SingularValues">The largest ones, descending, at most 4.</param>
/// <param name="EffectiveRank">exp of the entropy of the normalized singular values (Roy and Vetterli, 2007): 1 to r.</param>
public sealed record LayerReport(string Layer, double Norm, double Energy, IReadOnlyList<double> SingularValues, double EffectiveRank);
