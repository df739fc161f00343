using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>
/// Stores equal files once, as hard links: each file has an additional name, its SHA-256, to which the next file with these bytes is linked. Where
/// hard links are not supported, files are copied. Files that people put into the folder are not linked to, because people may edit them.
/// </summary>
sealed class StoredFiles(LibraryFolder folder)
{
    /// <summary>Replaces files that are stored already by links to them, and stores the others for later ones.</summary>
    /// <param name="files">The files in the incoming folder, with their digests.</param>
    public void Share(string incoming, IReadOnlyList<ModuleFile> files)
    {
        Directory.CreateDirectory(folder.Files);
        foreach (var file in files)
        {
            var path = Path.Combine(incoming, file.Name);
            var stored = PathOf(file);
            while (!SystemCalls.TryLink(path, stored) && File.Exists(stored) && !TryLink(file, stored, path))
            {
                // The stored file was deleted or modified; this one replaces it.
            }
        }
    }

    /// <summary>Links a stored file to another path.</summary>
    /// <returns>False if it is not stored, or was modified.</returns>
    public bool TryLinkTo(ModuleFile file, string path)
    {
        if (!SystemCalls.TryLink(PathOf(file), path))
        {
            return false;
        }

        var isUnchanged = ModuleFile.Read(path, file.Name).Equals(file);
        if (!isUnchanged)
        {
            File.Delete(path);
        }

        return isUnchanged;
    }

    /// <summary>Deletes those of the files that no module has any more.</summary>
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

    /// <summary>Deletes all files that no module has: left by killed processes, or by people who deleted folders.</summary>
    public void ForgetUnused() =>
        Forget(Directory.Exists(folder.Files) ? Directory.EnumerateFiles(folder.Files).Select(Path.GetFileName).OfType<string>() : []);

    string PathOf(ModuleFile file) => Path.Combine(folder.Files, file.Sha256);

    /// <returns>False if the caller should retry.</returns>
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
            File.Delete(link); // a rename between two names of the same file does nothing
        }

        return true;
    }
}
