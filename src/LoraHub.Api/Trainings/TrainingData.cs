using System.Text;
using LoraHub.Api.Predictions;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;
using LoraHub.Core.Trainings;
using LoraHub.Core.Uploads;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Trainings;

/// <summary>Where a training's data comes from.</summary>
/// <param name="Value">The client's input: a URL of a file, a <c>data:</c> URL, or the text itself.</param>
/// <param name="Origins">The schemes and hosts of this service.</param>
sealed record DataSource(string Value, IReadOnlyList<string> Origins)
{
    /// <summary>A file on this machine, which stands in place of the value; or null.</summary>
    public string? Path { get; init; }
}

/// <summary>Checks the data of a training, and stores it for the worker. Data of a file is never in memory as a whole.</summary>
sealed class TrainingData(IUploadStore uploads, IBlobStore blobs, IOptions<LimitsOptions> limits, IOptions<DataOptions> data)
{
    const int BufferBytes = 1 << 20;

    /// <summary>Reads examples into memory.</summary>
    /// <param name="most">The most examples.</param>
    /// <param name="mostBytes">The most bytes of the examples together, in UTF-8.</param>
    /// <exception cref="TrainingDataException"/>
    public async Task<IReadOnlyList<TrainingExample>> ReadAsync(DataSource source, int most, long mostBytes, CancellationToken cancellationToken)
    {
        await using var content = await OpenAsync(source, cancellationToken);
        return await OwnThread.RunAsync(() => Read(content, most, mostBytes), cancellationToken);
    }

    /// <summary>Reads the data once, on a thread of its own.</summary>
    /// <param name="read">Gets the data as a seekable stream (see <see cref="TrainingText"/>).</param>
    /// <exception cref="TrainingDataException"/>
    public async Task<T> ReadAsync<T>(DataSource source, Func<Stream, T> read, CancellationToken cancellationToken)
    {
        await using var content = await OpenAsync(source, cancellationToken);
        return await OwnThread.RunAsync(() => read(content), cancellationToken);
    }

    /// <summary>Stores the data as <see cref="TrainingLines"/>.</summary>
    /// <returns>The digest of the blob.</returns>
    /// <exception cref="TrainingDataException"/>
    public async Task<string> StoreAsync(DataSource source, CancellationToken cancellationToken)
    {
        await using var content = await OpenAsync(source, cancellationToken);
        return await StoreAsync(TrainingText.Read(content), cancellationToken);
    }

    /// <inheritdoc cref="StoreAsync(DataSource, CancellationToken)"/>
    public async Task<string> StoreAsync(IEnumerable<TrainingExample> examples, CancellationToken cancellationToken)
    {
        using var workspace = Workspace.Create(data.Value.Path);
        await using var file = new FileStream(
            Path.Combine(workspace.Folder, TrainingLines.TrainFile), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferBytes);
        await OwnThread.RunAsync(() => Write(examples, file, cancellationToken), CancellationToken.None);
        file.Position = 0;
        return await blobs.PutAsync(file, cancellationToken);
    }

    static List<TrainingExample> Read(Stream content, int most, long mostBytes)
    {
        var (examples, left) = (new List<TrainingExample>(), mostBytes);
        foreach (var example in TrainingText.Read(content))
        {
            left -= Encoding.UTF8.GetByteCount(example.Input) + Encoding.UTF8.GetByteCount(example.Target);
            if (left < 0)
            {
                throw TooLarge(
                    $"A composition reads at most {mostBytes} bytes of examples ({LimitsOptions.Section}:{nameof(LimitsOptions.InputBytes)}); "
                    + "send fewer examples, or tune.");
            }

            examples.Add(example);
            CheckCount(
                examples.Count,
                most,
                $"A composition reads at most {most} examples ({LimitsOptions.Section}:{nameof(LimitsOptions.InputLines)}); send fewer, or tune.");
        }

        CheckAny(examples.Count);
        return examples;
    }

    void Write(IEnumerable<TrainingExample> examples, Stream file, CancellationToken cancellationToken)
    {
        var (count, most) = (0, limits.Value.TrainingLines);
        foreach (var example in examples)
        {
            cancellationToken.ThrowIfCancellationRequested();
            CheckCount(++count, most, $"The data has more than {most} examples ({LimitsOptions.Section}:{nameof(LimitsOptions.TrainingLines)}).");
            TrainingLines.Write(file, example);
        }

        CheckAny(count);
        file.Flush();
    }

    static TrainingDataException TooLarge(string message) => new(message) { IsTooLarge = true };

    static void CheckCount(int count, int most, string message)
    {
        if (count > most)
        {
            throw new TrainingDataException(message);
        }
    }

    static void CheckAny(int count)
    {
        if (count == 0)
        {
            throw new TrainingDataException("The data has no example, only a header; give at least one line.");
        }
    }

    /// <returns>A seekable stream.</returns>
    async Task<Stream> OpenAsync(DataSource source, CancellationToken cancellationToken)
    {
        var content = source.Path is { } path ? File.OpenRead(path) : FileReference.Of(source.Value.Trim(), source.Origins) switch
        {
            FileReference.Uploaded(var id) =>
                await uploads.OpenReadAsync(id, cancellationToken) ?? throw new TrainingDataException(FileReference.Unknown),
            FileReference.Data(var bytes) => new MemoryStream(bytes),
            FileReference.Invalid(var message) => throw new TrainingDataException(message),
            _ => new MemoryStream(Encoding.UTF8.GetBytes(source.Value)),
        };
        var (most, setting) = content is MemoryStream
            ? (limits.Value.InputBytes, nameof(LimitsOptions.InputBytes))
            : (limits.Value.TrainingBytes, nameof(LimitsOptions.TrainingBytes));
        if (content.Length <= most)
        {
            return content;
        }

        var cure = content is MemoryStream ? "upload it with POST /v1/files and give its URL" : "send less";
        await content.DisposeAsync();
        throw TooLarge($"The data has more than {most} bytes ({LimitsOptions.Section}:{setting}); {cure}.");
    }
}
