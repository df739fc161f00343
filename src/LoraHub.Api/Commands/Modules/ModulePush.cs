using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Modules.Uploads;
using LoraHub.Core.Modules;
using Spectre.Console;

namespace LoraHub.Api.Commands.Modules;

/// <summary>The upload of a module's files, as a form that is read from the disk while it is sent.</summary>
static class ModulePush
{
    /// <returns>The exit code; what became of it was printed.</returns>
    public static async Task<int> RunAsync(string folder, string id, Uri service, string? token, CancellationToken cancellationToken)
    {
        // A redirect could lead the files, and whoever reads the answer, elsewhere.
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var form = new MultipartFormDataContent();
        var files = ModuleFiles.MostBytes.Keys.Where(UploadedFiles.IsTaken).Select(name => new FileInfo(Path.Combine(folder, name))).Where(file => file.Exists).ToArray();
        foreach (var file in files)
        {
            form.Add(new StreamContent(file.OpenRead()), "files", file.Name);
        }

        var root = service.GetLeftPart(UriPartial.Path).TrimEnd('/');
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{(root.EndsWith("/v1", StringComparison.Ordinal) ? root[..^3] : root)}/v1/modules/{id}/versions") { Content = form };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using var response = await SendAsync(client, request, files, cancellationToken);
            return await ShowAsync(response, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            await Console.Error.WriteLineAsync($"{service.Authority} could not be asked: {exception.Message}");
            return ModulesCommand.Failed;
        }
    }

    static Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, FileInfo[] files, CancellationToken cancellationToken)
    {
        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            return client.SendAsync(request, cancellationToken);
        }

        return AnsiConsole.Progress()
            .AutoClear(enabled: true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn())
            .StartAsync(context =>
            {
                var bar = context.AddTask("Uploading", maxValue: Math.Max(1, files.Sum(file => file.Length)));
                request.Content = new WatchedContent(request.Content!, sent => bar.Value = sent);
                return client.SendAsync(request, cancellationToken);
            });
    }

    static async Task<int> ShowAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var answer = Read(await response.Content.ReadAsStringAsync(cancellationToken));
        if (response.IsSuccessStatusCode && answer?["urls"]?["get"] is { } url)
        {
            await Console.Out.WriteLineAsync($"{url}");
            return ModulesCommand.Succeeded;
        }

        await Console.Error.WriteLineAsync($"It was refused ({(int)response.StatusCode}): {answer?["detail"]?.ToString().Trim() ?? "the answer is none of this program's."}");
        return ModulesCommand.Failed;
    }

    static JsonNode? Read(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
