using System.Buffers;
using System.ComponentModel.DataAnnotations;
using LoraHub.Api.Http;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Uploads;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules.Uploads;

/// <summary>
/// Reads the form of an upload: a module's files, or one zip of them, recognized by their file names. Streams everything to the disk.
/// </summary>
/// <param name="incoming">The folder for the module's files.</param>
/// <param name="parcel">The folder for a zip.</param>
sealed class ModuleForm(IncomingFolder incoming, IncomingFolder parcel, ModuleOptions options)
{
    const int BufferBytes = 80 * 1024;

    const string Files = "files";

    readonly HashSet<string> _names = new(StringComparer.Ordinal);
    long _size;
    string? _zip;

    /// <summary>The form field <c>base_model</c>, or null.</summary>
    public string? BaseModel { get; private set; }

    /// <summary>Reads the whole form, and extracts its zip.</summary>
    /// <exception cref="RequestRefusedException">The form is malformed or too large.</exception>
    /// <exception cref="ModuleRefusedException">The files are not a module's.</exception>
    public async Task ReadAsync(FormParts parts, CancellationToken cancellationToken)
    {
        while (await parts.NextAsync(cancellationToken) is { } part)
        {
            await (part.FileName is not null ? SaveAsync(parts, part, cancellationToken) : ReadFieldAsync(parts, part, cancellationToken));
        }

        if (_zip is not null)
        {
            await ModuleZip.ExtractAsync(_zip, incoming.Path, options.MaxBytes, cancellationToken);
        }

    }

    public static IResult TooLarge(ModuleOptions options) => Problems.Because(
        StatusCodes.Status413PayloadTooLarge,
        null,
        $"A module must be at most {options.MaxBytes} bytes in all ({ModuleOptions.Section}:{nameof(ModuleOptions.MaxBytes)}).");

    /// <summary>Reads a form field; fields with other names are ignored.</summary>
    async Task ReadFieldAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        if (part.Name == "base_model")
        {
            BaseModel = (await parts.ReadTextAsync(part, cancellationToken)).Trim() is { Length: > 0 } id ? id : null;
        }
    }

    async Task SaveAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        var name = part.FileName!;
        if (name == RecordFile.Name)
        {
            return; // the library writes its own record
        }

        var isZip = name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase);
        if (!isZip && !UploadedFiles.IsTaken(name))
        {
            throw new ModuleRefusedException(
                Files,
                $"Unknown file name; send {ModuleFiles.Config}, {ModuleFiles.Weights} (or {ModuleFiles.PickledWeights}) and {ModuleFiles.Card}, "
                + "or a .zip of them.");
        }

        if (!_names.Add(isZip ? ".zip" : name) || (isZip ? _names.Count > 1 : _zip is not null))
        {
            throw new ModuleRefusedException(Files, "Send each file once, or one zip and no other file.");
        }

        var path = isZip ? Path.Combine(parcel.Path, "module.zip") : Path.Combine(incoming.Path, name);
        _zip = isZip ? path : null;
        await CopyAsync(parts, part, path, isZip ? long.MaxValue : ModuleFiles.MostBytes[name], cancellationToken);
    }

    async Task CopyAsync(FormParts parts, FormPart part, string path, long most, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            long size = 0;
            while (await parts.ReadAsync(part, buffer, cancellationToken) is var read and > 0)
            {
                size += read;
                _size += read;
                if (_size > options.MaxBytes)
                {
                    throw new RequestRefusedException(TooLarge(options));
                }

                if (size > most)
                {
                    throw new RequestRefusedException(Problems.Because(
                        StatusCodes.Status413PayloadTooLarge, null, $"{Path.GetFileName(path)} must be at most {most} bytes."));
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

/// <summary>The body of an upload, for the API documents.</summary>
public sealed record ModuleUpload
{
    /// <summary>
    /// adapter_config.json, adapter_model.safetensors (or .bin) and README.md, or one .zip of them; recognized by their file names.
    /// </summary>
    [Required]
    public IReadOnlyList<IFormFile>? Files { get; init; }

    /// <summary>The base model, owner/name, if the configuration does not name it as such. Default: the one in the configuration.</summary>
    public string? BaseModel { get; init; }
}
