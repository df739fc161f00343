using System.CommandLine;
using System.IO.Compression;
using LoraHub.Api.Predictions;
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
        var given = GivenInputs.Read(inputs, InputSchema.Fields, most);
        if (dataset is not null)
        {
            Dataset.Read(dataset, most).AddTo(given);
        }

        if (folder is not null && File.Exists(folder.FullName))
        {
            throw new UsageException($"`{folder}` is a file; -o names a folder.");
        }

        var created = await LocalPrediction.CreateAsync(invocation, new PredictionRequest(given, Origin: "", Capacity: 1));
        return await FollowAsync(invocation, created, folder);
    }

    static async Task<int> FollowAsync(Invocation invocation, Prediction created, DirectoryInfo? folder)
    {
        var (events, bar) = (invocation.Service<IPredictionEvents>(), invocation.Service<SearchBar>());
        var prediction = await LocalPrediction.RunAsync(invocation, created, abandoned => Terminal.WatchAsync(events, created, bar, abandoned));
        if (prediction.Output is { } output && folder is not null)
        {
            var blobs = invocation.Service<IBlobStore>();
            await UnpackAsync(blobs, output.Adapter, folder.FullName);
            await UnpackAsync(blobs, output.Checkpoint, Path.Combine(folder.FullName, CheckpointFolder));
            await CopyAsync(blobs, output.Trace, Path.Combine(folder.FullName, ResultUrls.Trace));
        }

        PredictionReport.Show(invocation.Output, prediction, folder?.FullName);
        return LocalPrediction.CodeOf(prediction);
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
