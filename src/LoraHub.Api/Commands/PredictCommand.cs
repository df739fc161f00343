using System.CommandLine;
using System.IO.Compression;
using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Commands;

/// <summary>
/// <c>lorahub predict</c>: runs one prediction in the terminal, without a server. It uses the service's intake, queue, runner and events. The
/// progress goes to standard error, the result to standard output.
/// </summary>
static class PredictCommand
{
    public const string CheckpointFolder = "checkpoint";

    public static Command Create(CommandHost host)
    {
        var inputs = new Option<string[]>("--input", "-i")
        {
            Description =
                "An input as name=value; @file as the value reads a file. May be given several times. Other inputs have their defaults.\n\n"
                + string.Join('\n', InputSchema.Fields.Select(GivenInputs.Describe)) + "\n",
        };
        var dataset = new Option<string?>("--dataset", "-d")
        {
            Description = "A file of examples: *.jsonl, *.csv or *.tsv with `input` and `output`. Lines without an output are answered.",
        };
        var output = new Option<DirectoryInfo?>("--output", "-o")
        {
            Description = "The folder for the adapter, trace.json and the merged model (in checkpoint/). Created if missing.",
        };
        var command = new Command(
            "predict",
            "Runs one prediction without a server. Shows its progress on standard error and its result on standard output; -o saves the adapter.")
        {
            inputs, dataset, output,
        };
        return host.Verb(
            command,
            invocation => RunAsync(invocation, invocation.Get(inputs) ?? [], invocation.Get(dataset), invocation.Get(output)),
            (_, builder) => builder.Services
                .AddSingleton<SearchBar>()
                .AddSingleton<IProgress<SearchProgress>>(services => services.GetRequiredService<SearchBar>()));
    }

    static async Task<int> RunAsync(Invocation invocation, string[] inputs, string? dataset, DirectoryInfo? folder)
    {
        var most = invocation.Service<IOptions<LimitsOptions>>().Value.InputBytes;
        var given = GivenInputs.Read(inputs, most);
        if (dataset is not null)
        {
            Dataset.Read(dataset, most).AddTo(given);
        }

        if (folder is not null && File.Exists(folder.FullName))
        {
            throw new UsageException($"`{folder}` is a file; -o names a folder.");
        }

        var intake = invocation.Service<PredictionIntake>();
        switch (await intake.CreateAsync(new PredictionRequest(given, Origin: "", Capacity: 1), invocation.CancellationToken))
        {
            case IntakeResult.Accepted(var prediction):
                return await FollowAsync(invocation, prediction, folder);
            case IntakeResult.Invalid(var errors):
                throw new UsageException(string.Join('\n', errors.Select(error => $"{error.Field}: {error.Message}")));
            case IntakeResult.TooLarge(var reason):
                throw new UsageException(reason);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    static async Task<int> FollowAsync(Invocation invocation, Prediction created, DirectoryInfo? folder)
    {
        var prediction = await RunAsync(invocation, created);
        if (prediction.Output is { } output && folder is not null)
        {
            var blobs = invocation.Service<IBlobStore>();
            await UnpackAsync(blobs, output.Adapter, folder.FullName);
            await UnpackAsync(blobs, output.Checkpoint, Path.Combine(folder.FullName, CheckpointFolder));
            await CopyAsync(blobs, output.Trace, Path.Combine(folder.FullName, ResultUrls.Trace));
        }

        PredictionReport.Show(invocation.Output, prediction, folder?.FullName);
        return prediction.Status switch
        {
            PredictionStatus.Succeeded => ExitCode.Succeeded,
            PredictionStatus.Canceled => ExitCode.Canceled,
            _ => ExitCode.Failed,
        };
    }

    /// <summary>Runs the prediction and shows its progress.</summary>
    static async Task<Prediction> RunAsync(Invocation invocation, Prediction created)
    {
        var queue = invocation.Service<IPredictionQueue>();
        var (events, bar) = (invocation.Service<IPredictionEvents>(), invocation.Service<SearchBar>());
        var runner = invocation.Service<PredictionRunner>(); // before anything is watched: its services may be impossible to create
        using var abandoned = new CancellationTokenSource();
        await using var onInterrupt = invocation.CancellationToken.Register(() => _ = queue.CancelAsync(created.Id, CancellationToken.None));
        var watch = Terminal.WatchAsync(events, created, bar, abandoned.Token);
        try
        {
            await using var lease = await queue.LeaseAsync(PredictionKind.Compose, CancellationToken.None);
            await runner.RunAsync(lease, CancellationToken.None);
        }
        catch
        {
            await abandoned.CancelAsync(); // nothing records the end that the watch would wait for
            await ((Task)watch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await watch;
    }

    static async Task UnpackAsync(IBlobStore blobs, string? digest, string folder)
    {
        if (digest is null)
        {
            return;
        }

        await using var content = await OpenAsync(blobs, digest);
        await ZipFile.ExtractToDirectoryAsync(content, Directory.CreateDirectory(folder).FullName, overwriteFiles: true);
    }

    static async Task CopyAsync(IBlobStore blobs, string? digest, string path)
    {
        if (digest is null)
        {
            return;
        }

        await using var content = await OpenAsync(blobs, digest);
        await using var file = File.Create(path);
        await content.CopyToAsync(file);
    }

    static async Task<Stream> OpenAsync(IBlobStore blobs, string digest) =>
        await blobs.OpenReadAsync(digest, CancellationToken.None) ?? throw new FileNotFoundException("The result is missing.");
}
