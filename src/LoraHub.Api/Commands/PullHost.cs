using LoraHub.Api.Hub;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Commands;

/// <summary>What commands that fetch from a hub have in common.</summary>
static class PullHost
{
    public const int Succeeded = 0, Failed = 1, BadInput = 2, Canceled = 130;

    /// <param name="replace">Puts other services in the place of the usual ones, or null.</param>
    /// <param name="parallel">How many are fetched at once, or null for what the settings say.</param>
    public static IHost Build(Action<IServiceCollection>? replace, int? parallel = null) => TerminalHost.Build(services =>
    {
        replace?.Invoke(services);
        services.PostConfigure<HubOptions>(hub =>
        {
            hub.Endpoint ??= HubOptions.HuggingFace; // whoever gives the command asks for it
            hub.Parallel = parallel ?? hub.Parallel;
        });
    });

    /// <returns>The exit code.</returns>
    public static async Task<int> GuardAsync(Func<Task<int>> runAsync)
    {
        try
        {
            return await runAsync();
        }
        catch (OptionsValidationException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return BadInput;
        }
        catch (Exception exception) when (exception is HubException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return Failed;
        }
    }
}
