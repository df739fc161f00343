using System.CommandLine;
using System.IO.Compression;
using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Commands;

/// <summary>
/// <c>lorahub predict</c>: one prediction in the terminal, without a server. It goes the service's way, from intake over the queue and the runner
/// to the events, which the terminal reads.
/// </summary>
static class PredictCommand
{
    const int Succeeded = 0, Failed = 1, BadInput = 2, Canceled = 130;

    /// <param name="replace">Puts other services in the place of the usual ones, or null.</param>
    public static Command Create(Action<IServiceCollection>? replace)
    {
        var inputs = new Option<string[]>("--input", "-i")
        {
            Description = "An input as name=value; value @file reads a file. May be given several times; inputs left out have the form's defaults.",
        };
        var output = new Option<DirectoryInfo?>("--output", "-o")
        {
            Description = "The folder to write the adapter into (and trace.json, and the merged model into its checkpoint/); made when missing.",
        };
        var command = new Command("predict", "Runs one prediction here, without a server: watch it, read the answers, keep the adapter.") { inputs, output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                using var host = TerminalHost.Build(replace);
                return await RunAsync(host.Services, parsed.GetValue(inputs) ?? [], parsed.GetValue(output), cancellationToken);
            }
            catch (Exception exception) when (exception is OptionsValidationException or IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync(exception.Message);
                return Failed;
            }
        });
        return command;
    }

    static async Task<int> RunAsync(IServiceProvider services, string[] inputs, DirectoryInfo? folder, CancellationToken cancellationToken)
    {
        var (given, problem) = GivenInputs.Read(inputs);
        if (given is null)
        {
            await Console.Error.WriteLineAsync(problem);
            return BadInput;
        }

        if (folder is not null && File.Exists(folder.FullName))
        {
            await Console.Error.WriteLineAsync($"`{folder}` is a file; -o names a folder.");
            return BadInput;
        }

        var intake = services.GetRequiredService<PredictionIntake>();
        switch (await intake.CreateAsync(new PredictionRequest(given, Origin: "", Capacity: 1), cancellationToken))
        {
            case IntakeResult.Accepted(var prediction):
                return await FollowAsync(services, prediction, folder, cancellationToken);
            case IntakeResult.Invalid(var errors):
                foreach (var error in errors)
                {
                    await Console.Error.WriteLineAsync($"{error.Field}: {error.Message}");
                }

                return BadInput;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    static async Task<int> FollowAsync(IServiceProvider services, Prediction created, DirectoryInfo? folder, CancellationToken cancellationToken)
    {
        var queue = services.GetRequiredService<IPredictionQueue>();
        using var onInterrupt = cancellationToken.Register(() => _ = queue.CancelAsync(created.Id, CancellationToken.None));
        var work = WorkAsync(services, queue);
        var prediction = await Terminal.WatchAsync(services.GetRequiredService<IPredictionEvents>(), created);
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
            PredictionStatus.Succeeded => Succeeded,
            PredictionStatus.Canceled => Canceled,
            _ => Failed,
        };
    }

    static async Task WorkAsync(IServiceProvider services, IPredictionQueue queue)
    {
        await using var lease = await queue.LeaseAsync(CancellationToken.None);
        await services.GetRequiredService<PredictionRunner>().RunAsync(lease, CancellationToken.None);
    }

    static async Task UnpackAsync(IBlobStore blobs, string? url, string folder)
    {
        if (url is null)
        {
            return;
        }

        await using var content = await OpenAsync(blobs, url);
        await ZipFile.ExtractToDirectoryAsync(content, Directory.CreateDirectory(folder).FullName, overwriteFiles: true);
    }

    static async Task CopyAsync(IBlobStore blobs, string? url, string path)
    {
        if (url is null)
        {
            return;
        }

        await using var content = await OpenAsync(blobs, url);
        await using var file = File.Create(path);
        await content.CopyToAsync(file);
    }

    // /results/{digest}/{name}, see docs/adr/0002.
    static async Task<Stream> OpenAsync(IBlobStore blobs, string url) =>
        await blobs.OpenReadAsync(url.Split('/')[^2], CancellationToken.None) ?? throw new FileNotFoundException("The result is gone.");
}
