using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Api.Trainings;
using LoraHub.Api.Worker;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Commands;

/// <summary>
/// <c>lorahub train</c>: runs one training in the terminal, without a server. Ctrl+C stops it and keeps a checkpoint; the same command then goes
/// on from there.
/// </summary>
static class TrainCommand
{
    const int IdLength = 26;

    public static Command Create(CommandHost host)
    {
        var data = new Option<FileInfo?>("--data", "-d")
        {
            Description = "The data: JSON Lines or CSV with `input` and `target`. Without it, give the examples as inputs.",
        };
        var destination = new Option<string>("--to") { Description = "The module that gets the new version, owner/name.", Required = true };
        var type = new Option<string?>("--type") { Description = "compose (the default), tune or compose_and_tune; the same as -i type=…." };
        var inputs = new Option<string[]>("--input", "-i")
        {
            Description =
                "An input as name=value; @file as the value reads a file. May be given several times. Other inputs have their defaults.\n\n"
                + string.Join('\n', TrainingSchema.Fields.Select(GivenInputs.Describe)) + "\n",
        };
        var command = new Command(
            "train",
            "Makes a version of a module from data or examples, without a server. Shows its progress on standard error and the version on standard "
            + "output. Ctrl+C keeps a checkpoint while it tunes; the same command goes on from it.")
        {
            data, destination, type, inputs,
        };
        return host.Verb(
            command,
            invocation => RunAsync(
                invocation, invocation.Get(data), invocation.Require(destination), invocation.Get(type), invocation.Get(inputs) ?? []),
            (_, builder) => builder.Services
                .AddSingleton<GracefulStop>()
                .AddSingleton<SearchBar>()
                .AddSingleton<IProgress<SearchProgress>>(services => services.GetRequiredService<SearchBar>()));
    }

    static async Task<int> RunAsync(Invocation invocation, FileInfo? data, string destination, string? type, string[] inputs)
    {
        CheckDestination(invocation, destination);
        if (data is { Exists: false })
        {
            throw new UsageException($"--data: there is no file `{data}`.");
        }

        var given = GivenInputs.Read(inputs, TrainingSchema.Fields, invocation.Service<IOptions<LimitsOptions>>().Value.InputBytes);
        if (type is not null && !given.TryAdd(TrainingSchema.Type, type))
        {
            throw new UsageException($"Give --type or -i {TrainingSchema.Type}, not both.");
        }

        var id = await IdAsync(given, destination, data, invocation.CancellationToken);
        given[InputSchema.Seed] ??= Convert.ToUInt32(id[..8], 16); // drawn, but the same for the same command, which thus goes on
        var request = new PredictionRequest(given, Origin: "", Capacity: 1) { Id = id };
        var created = LocalPrediction.Created(await invocation.Service<TrainingIntake>().CreateAsync(
            new TrainingRequest(request, new TrainingDestination(destination, PublishedBy: null, IsAdmin: true), data?.FullName),
            invocation.CancellationToken));
        return await FollowAsync(invocation, created);
    }

    static void CheckDestination(Invocation invocation, string destination)
    {
        if (!ModelId.IsValid(destination))
        {
            throw new UsageException($"--to: `{destination}` is not owner/name, with letters, digits, `.`, `-` and `_`.");
        }

        if (invocation.Service<ModelCatalog>().IsOfService(destination))
        {
            throw new UsageException($"--to: `{destination}` is the name of a base model or of the composer; choose another.");
        }

        var library = invocation.Service<ModuleLibrary>();
        if (library.OtherSpelling(destination) is { } known)
        {
            throw new UsageException($"--to: {new ModuleSpellingException(known).Message}");
        }

        if (library.Find(new ModuleReference(destination, null)) is { IsOwned: false })
        {
            throw new UsageException($"--to: `{destination}` is read-only: it ships with the program or is in a folder in Models:Folders.");
        }
    }

    /// <summary>The same for the same command and data, so that it finds its checkpoint.</summary>
    static async Task<string> IdAsync(JsonObject given, string destination, FileInfo? data, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var inputs = new JsonObject(given.OrderBy(input => input.Key, StringComparer.Ordinal).Select(input =>
            KeyValuePair.Create(input.Key, input.Value?.DeepClone())));
        hash.AppendData(Encoding.UTF8.GetBytes($"{destination}\n{inputs.ToJsonString()}\n"));
        if (data is not null)
        {
            await using var content = data.OpenRead();
            hash.AppendData(await SHA256.HashDataAsync(content, cancellationToken));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..IdLength];
    }

    static async Task<int> FollowAsync(Invocation invocation, Prediction created)
    {
        var (events, bar) = (invocation.Service<IPredictionEvents>(), invocation.Service<SearchBar>());
        Task<Prediction> WatchAsync(CancellationToken abandoned) => Terminal.WatchAsync(events, created, bar, abandoned);
        var ended = created.Created.Plan is TrainingPlan { Input.Tuning: null }
            ? await LocalPrediction.RunAsync(invocation, created, WatchAsync)
            : await LocalPrediction.RunAsync(
                invocation,
                created,
                WatchAsync,
                invocation.Service<IHostApplicationLifetime>().StopApplication,
                invocation.Service<GracefulStop>().Over);
        if (ended is null)
        {
            Output.Note("Stopped; the checkpoint is kept. Run the same command to go on.");
            return ExitCode.Canceled;
        }

        if (invocation.Output.IsJson)
        {
            Output.WriteJson(new Report(
                ended.Status, ended.Created.Plan?.Seed, ended.Output?.Version, ended.Output?.Loss, ended.Error, ended.Metrics));
        }
        else if (ended.Output?.Version is { } version)
        {
            invocation.Output.WriteLine(version);
        }

        if (ended.Error is { } error)
        {
            Output.Note($"The training failed: {error}");
        }

        return LocalPrediction.CodeOf(ended);
    }

    /// <summary>The JSON of the verb.</summary>
    sealed record Report(
        PredictionStatus Status, long? Seed, string? Version, LossReport? Loss, string? Error, IReadOnlyDictionary<string, double> Metrics);
}
