using System.Buffers;
using System.ComponentModel.DataAnnotations;
using LoraHub.Api.Http;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Uploads;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules.Uploads;

/// <summary>The form that a module comes in: its files, or one zip of them, told by their file names. All goes to the disk as it comes.</summary>
/// <param name="incoming">Where the module's files go.</param>
/// <param name="parcel">Where a zip goes.</param>
sealed class ModuleForm(IncomingFolder incoming, IncomingFolder parcel, ModuleOptions options)
{
    const int BufferBytes = 80 * 1024;

    const string Files = "files";

    readonly HashSet<string> _names = new(StringComparer.Ordinal);
    long _size;
    string? _zip;

    /// <summary>The field <c>base_model</c>, or null.</summary>
    public string? BaseModel { get; private set; }

    /// <summary>Reads the whole form, and unpacks its zip.</summary>
    /// <returns>The answer that refuses it, or null.</returns>
    /// <exception cref="ModuleRefusedException">The files are not a module's.</exception>
    public async Task<IResult?> ReadAsync(FormParts parts, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (part, refusal) = await parts.NextAsync(cancellationToken);
            if (refusal is not null)
            {
                return refusal;
            }

            if (part is null)
            {
                break;
            }

            if ((part.FileName is not null ? await TakeAsync(parts, part, cancellationToken) : await ReadFieldAsync(parts, part, cancellationToken)) is { } refused)
            {
                return refused;
            }
        }

        if (_zip is not null)
        {
            await ModuleZip.ExtractAsync(_zip, incoming.Path, options.MaxBytes, cancellationToken);
        }

        UploadedFiles.Check(incoming.Path);
        return null;
    }

    public static IResult TooLarge(ModuleOptions options) => Problems.Because(
        StatusCodes.Status413PayloadTooLarge, null, $"A module may be {options.MaxBytes} bytes in all ({ModuleOptions.Section}:{nameof(ModuleOptions.MaxBytes)}).");

    /// <summary>Fields of other names are ignored.</summary>
    async Task<IResult?> ReadFieldAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        if (part.Name != "base_model")
        {
            return null;
        }

        var (text, refusal) = await parts.ReadTextAsync(part, cancellationToken);
        BaseModel = text?.Trim() is { Length: > 0 } id ? id : null;
        return refusal;
    }

    async Task<IResult?> TakeAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        var name = part.FileName!;
        if (name == RecordFile.Name)
        {
            return null; // another library's record; this one writes its own
        }

        var isZip = name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase);
        if (!isZip && !UploadedFiles.IsTaken(name))
        {
            throw new ModuleRefusedException(
                Files,
                $"A file's name is none of {ModuleFiles.Config}, {ModuleFiles.Weights}, {ModuleFiles.PickledWeights} and {ModuleFiles.Card}, nor that of a .zip of them.");
        }

        if (!_names.Add(isZip ? ".zip" : name) || (isZip ? _names.Count > 1 : _zip is not null))
        {
            throw new ModuleRefusedException(Files, "Send each file once, or one zip and no other file.");
        }

        var path = isZip ? Path.Combine(parcel.Path, "module.zip") : Path.Combine(incoming.Path, name);
        _zip = isZip ? path : null;
        return await CopyAsync(parts, part, path, isZip ? long.MaxValue : ModuleFiles.MostBytes[name], cancellationToken);
    }

    async Task<IResult?> CopyAsync(FormParts parts, FormPart part, string path, long most, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            long size = 0;
            while (true)
            {
                var (read, refusal) = await parts.ReadAsync(part, buffer, cancellationToken);
                if (read == 0)
                {
                    return refusal;
                }

                size += read;
                _size += read;
                if (_size > options.MaxBytes)
                {
                    return TooLarge(options);
                }

                if (size > most)
                {
                    return Problems.Because(StatusCodes.Status413PayloadTooLarge, null, $"{Path.GetFileName(path)} may be {most} bytes.");
                }

                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <summary>The body of a publication, for the documents.</summary>
public sealed record ModuleUpload
{
    /// <summary>adapter_config.json, adapter_model.safetensors (or .bin) and README.md, or one .zip of them; told by their file names.</summary>
    [Required]
    public IReadOnlyList<IFormFile>? Files { get; init; }

    /// <summary>The base model that the module is for, owner/name, where its configuration names a path or none. Default: the one that the configuration names.</summary>
    public string? BaseModel { get; init; }
}
