namespace LoraHub.Core.Modules;

/// <summary>Looks into modules' numbers. Its methods block and compute: call them on a thread of their own.</summary>
public interface IModuleInspector
{
    /// <summary>
    /// Checks the PEFT folder of a module that comes in: configuration, every tensor's shape against the base model's (when that is here), every number finite. Weights
    /// as <c>adapter_model.bin</c> are read by the restricted reader and replaced by <c>adapter_model.safetensors</c>, file and all.
    /// </summary>
    /// <param name="folder">The caller's own; nobody else sees it yet.</param>
    /// <exception cref="ModuleRefusedException">It cannot be a module.</exception>
    ModuleReport Inspect(string folder, CancellationToken cancellationToken);

    /// <summary>The cosine of the angle between two modules' whole updates, exact, for each of the others: −1 to 1; 0 for those of another base model.</summary>
    /// <exception cref="ModuleRefusedException">The module cannot be read; of the others, those that cannot have no value (NaN).</exception>
    IReadOnlyList<double> Cosines(ModuleInfo one, IReadOnlyList<ModuleInfo> others, CancellationToken cancellationToken);
}

/// <summary>Something is no module, or none that may come in: the message names what is wrong and what would be right, and quotes no content.</summary>
/// <param name="fieldName">The file or field it is about, as <c>adapter_config.json</c>.</param>
public sealed class ModuleRefusedException(string fieldName, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public string FieldName => fieldName;
}
