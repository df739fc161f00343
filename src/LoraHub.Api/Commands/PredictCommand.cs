using System.CommandLine;
using System.IO.Compression;
using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Commands;

/// <summary>
/// <c>lorahub predict</c>: runs one prediction in the terminal, without a server. It uses the service's intake, queue, runner and events; the
/// terminal shows the events.
/// </summary>
static class PredictCommand
{
    public static Command Create(CommandHost host)
    {
        var inputs = new Option<string[]>("--input", "-i")
        {
            Description = "An input as name=value; @file as the value reads a file. May be given several times. Other inputs have their defaults.",
        };
        var output = new Option<DirectoryInfo?>("--output", "-o")
        {
            Description = "The folder for the adapter, trace.json and the merged model (in checkpoint/). Created if missing.",
        };
        var command = new Command("predict", "Runs one prediction without a server, shows its progress and answers, and saves the adapter.")
        {
            inputs, output,
        };
        return host.Verb(
            command,
            invocation => RunAsync(invocation.Services, invocation.Get(inputs) ?? [], invocation.Get(output), invocation.CancellationToken),
            (_, builder) => builder.Services
                .AddSingleton<SearchBar>()
                .AddSingleton<IProgress<SearchProgress>>(services => services.GetRequiredService<SearchBar>()));
    }

    static async Task<int> RunAsync(IServiceProvider services, string[] inputs, DirectoryInfo? folder, CancellationToken cancellationToken)
    {
        var given = GivenInputs.Read(inputs);
        if (folder is not null && File.Exists(folder.FullName))
        {
            throw new UsageException($"`{folder}` is a file; -o names a folder.");
        }

        var intake = services.GetRequiredService<PredictionIntake>();
        switch (await intake.CreateAsync(new PredictionRequest(given, Origin: "", Capacity: 1), cancellationToken))
        {
            case IntakeResult.Accepted(var prediction):
                return await FollowAsync(services, prediction, folder, cancellationToken);
            case IntakeResult.Invalid(var errors):
                throw new UsageException(string.Join('\n', errors.Select(error => $"{error.Field}: {error.Message}")));
            case IntakeResult.TooLarge(var reason):
                throw new UsageException(reason);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    static async Task<int> FollowAsync(IServiceProvider services, Prediction created, DirectoryInfo? folder, CancellationToken cancellationToken)
    {
        var queue = services.GetRequiredService<IPredictionQueue>();
        using var onInterrupt = cancellationToken.Register(() => _ = queue.CancelAsync(created.Id, CancellationToken.None));
        var work = WorkAsync(services, queue);
        var prediction = await Terminal.WatchAsync(
            services.GetRequiredService<IPredictionEvents>(), created, services.GetRequiredService<SearchBar>());
        await work;
        Terminal.ShowEnd(prediction);
        if (prediction.Output is { } output && folder is not null)
        {
            var blobs = services.GetRequiredService<IBlobStore>();
            await UnpackAsync(blobs, output.Adapter, folder.FullName);
            await UnpackAsync(blobs, output.Checkpoint, Path.Combine(folder.FullName, "checkpoint"));
            await CopyAsync(blobs, output.Trace, Path.Combine(folder.FullName, "trace.json"));
            Terminal.ShowFolder(folder);
        }

        return prediction.Status switch
        {
            PredictionStatus.Succeeded => ExitCode.Succeeded,
            PredictionStatus.Canceled => ExitCode.Canceled,
            _ => ExitCode.Failed,
        };
    }

    static async Task WorkAsync(IServiceProvider services, IPredictionQueue queue)
    {
        await using var lease = await queue.LeaseAsync(CancellationToken.None);
        await services.GetRequiredService<PredictionRunner>().RunAsync(lease, CancellationToken.None);
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
