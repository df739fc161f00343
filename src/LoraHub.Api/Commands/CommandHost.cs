using System.CommandLine;
using LoraHub.Api.Hosting;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Trainings;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;
using LoraHub.Evaluation;
using LoraHub.Modules.HuggingFace;
using LoraHub.Modules.Versions;
using LoraHub.Storage;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Commands;

/// <summary>Runs the verbs with the service's components but without a server, and with common exit codes, errors and options.</summary>
/// <param name="replace">Replaces services, for tests; or null.</param>
sealed class CommandHost(Action<IServiceCollection>? replace)
{
    /// <summary>Adds the action of a verb.</summary>
    /// <param name="run">Returns the exit code. An exception becomes a line on standard error and an exit code.</param>
    /// <param name="configure">Applies settings of the command line, which override files and environment variables.</param>
    public Command Verb(Command command, Func<Invocation, Task<int>> run, Action<ParseResult, HostApplicationBuilder>? configure = null)
    {
        var json = Output.JsonOption();
        command.Options.Add(json);
        command.SetAction((parsed, cancellationToken) => GuardAsync(
            async settings =>
            {
                using var host = Build(settings, builder => configure?.Invoke(parsed, builder));
                host.Services.GetService<IStartupValidator>()?.Validate(); // as a service does when it starts
                return await run(new Invocation(parsed, host.Services, new Output(parsed.GetValue(json)), cancellationToken));
            },
            cancellationToken));
        return command;
    }

    /// <param name="run">Receives the settings to use, which are empty before it reads them.</param>
    static async Task<int> GuardAsync(Func<ConfigurationManager, Task<int>> run, CancellationToken cancellationToken)
    {
        using var settings = new ConfigurationManager();
        try
        {
            return await run(settings);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Canceled;
        }
        catch (ModuleRefusedException exception)
        {
            await Console.Error.WriteLineAsync($"{exception.FieldName}: {exception.Message}");
            return ExitCode.BadUsage;
        }
        catch (Exception exception) when (exception is UsageException or EvaluationException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return ExitCode.BadUsage;
        }
        catch (Exception exception) when (SettingErrors.Describe(exception, settings) is { Count: > 0 } lines)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, lines));
            return ExitCode.BadUsage;
        }
        catch (Exception exception) when (exception is PredictionException or HubException or ServiceException
            or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return ExitCode.Failed;
        }
    }

    /// <summary>Builds a host that logs only errors, to standard error.</summary>
    IHost Build(ConfigurationManager settings, Action<HostApplicationBuilder> configure)
    {
        var builder = Host.CreateApplicationBuilder(
            new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory, Configuration = settings });
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Error).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddOptions<ApiOptions>();
        builder.Services.AddInMemoryStorage().AddInference().AddPredictions().AddTrainings().AddPredictionRunner().AddHub();
        configure(builder);
        replace?.Invoke(builder.Services);
        return builder.Build();
    }
}
