using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>
/// Stores equal files once: each has one more name, its SHA-256, by which the next one with these bytes becomes another link to them. Where files cannot be linked,
/// each stays a copy of its own. What people put into the folder is not linked to: they may write into it.
/// </summary>
sealed class StoredFiles(LibraryFolder folder)
{
    /// <summary>Replaces what is stored already by links to it, and keeps the rest for those to come.</summary>
    /// <param name="files">Of the incoming folder, with the digests of what is in them.</param>
    public void Share(string incoming, IReadOnlyList<ModuleFile> files)
    {
        Directory.CreateDirectory(folder.Files);
        foreach (var file in files)
        {
            var path = Path.Combine(incoming, file.Name);
            var stored = PathOf(file);
            while (!SystemCalls.TryLink(path, stored) && File.Exists(stored) && !TryLink(file, stored, path))
            {
                // What was stored is gone, or was written to since it came: this takes its place.
            }
        }
    }

    /// <summary>Links a file that is stored already to another path.</summary>
    /// <returns>False when it is not stored, or was written to since it came.</returns>
    public bool TryTake(ModuleFile file, string path)
    {
        if (!SystemCalls.TryLink(PathOf(file), path))
        {
            return false;
        }

        var isRight = ModuleFile.Read(path, file.Name).Equals(file);
        if (!isRight)
        {
            File.Delete(path);
        }

        return isRight;
    }

    /// <summary>Forgets those of the files that no module has any more.</summary>
    public void Forget(IEnumerable<string> sha256s)
    {
        foreach (var stored in sha256s.Select(sha256 => Path.Combine(folder.Files, sha256)))
        {
            if (SystemCalls.Names(stored) == 1)
            {
                File.Delete(stored);
            }
        }
    }

    /// <summary>Forgets all that no module has: left by killed processes, or by people who deleted folders.</summary>
    public void ForgetUnused() => Forget(Directory.Exists(folder.Files) ? Directory.EnumerateFiles(folder.Files).Select(Path.GetFileName).OfType<string>() : []);

    string PathOf(ModuleFile file) => Path.Combine(folder.Files, file.Sha256);

    /// <returns>False when that should be tried again.</returns>
    static bool TryLink(ModuleFile file, string stored, string path)
    {
        try
        {
            if (!ModuleFile.Read(stored, file.Name).Equals(file))
            {
                File.Delete(stored);
                return false;
            }
        }
        catch (FileNotFoundException)
        {
            return false;
        }

        var link = path + ".link";
        if (SystemCalls.TryLink(stored, link))
        {
            File.Move(link, path, overwrite: true);
            File.Delete(link); // a rename of one name of a file to another of its names does nothing
        }

        return true;
    }
}
