using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Uploads;

/// <summary>Which files of an upload are a module's.</summary>
static class UploadedFiles
{
    /// <summary>Whether the file becomes one of the module's. The record is not taken: the hub writes its own.</summary>
    public static bool IsTaken(string name) => ModuleFiles.MostBytes.ContainsKey(name) && name != RecordFile.Name;

    /// <summary>A module's files must be complete and say one thing.</summary>
    /// <exception cref="ModuleRefusedException"/>
    public static void Check(string folder)
    {
        var isPickled = File.Exists(Path.Combine(folder, ModuleFiles.PickledWeights));
        if (!File.Exists(Path.Combine(folder, ModuleFiles.Config)))
        {
            throw new ModuleRefusedException(ModuleFiles.Config, $"{ModuleFiles.Config} is missing: PEFT writes it beside the weights.");
        }

        if (File.Exists(Path.Combine(folder, ModuleFiles.Weights)) == isPickled)
        {
            throw new ModuleRefusedException(
                ModuleFiles.Weights,
                isPickled ? $"There are {ModuleFiles.Weights} and {ModuleFiles.PickledWeights}: send one of them." : $"{ModuleFiles.Weights} (or {ModuleFiles.PickledWeights}) is missing.");
        }
    }
}
