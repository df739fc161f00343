using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Uploads;

/// <summary>Selects and checks the module's files in an upload.</summary>
static class UploadedFiles
{
    /// <summary>Whether the file is one of a module's. A record is ignored, because the library writes its own.</summary>
    public static bool IsTaken(string name) => ModuleFiles.MostBytes.ContainsKey(name) && name != RecordFile.Name;

    /// <summary>Checks that the files are complete and that there is one weights file.</summary>
    /// <exception cref="ModuleRefusedException"/>
    public static void Check(string folder)
    {
        var isPickled = File.Exists(Path.Combine(folder, ModuleFiles.PickledWeights));
        if (!File.Exists(Path.Combine(folder, ModuleFiles.Config)))
        {
            throw new ModuleRefusedException(ModuleFiles.Config, $"{ModuleFiles.Config} is missing; PEFT saves it with the weights.");
        }

        if (File.Exists(Path.Combine(folder, ModuleFiles.Weights)) == isPickled)
        {
            throw new ModuleRefusedException(
                ModuleFiles.Weights,
                isPickled
                    ? $"The upload has both {ModuleFiles.Weights} and {ModuleFiles.PickledWeights}; send one of them."
                    : $"{ModuleFiles.Weights} (or {ModuleFiles.PickledWeights}) is missing.");
        }
    }
}
