using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Modules.Uploads;
using LoraHub.Modules.Versions;
using Spectre.Console;

namespace LoraHub.Api.Commands.Modules;

/// <summary>Uploads a module's files as a form, streaming them from disk.</summary>
static class ModulePush
{
    /// <summary>Uploads the files and prints the outcome.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        Output output, string folder, string id, string? baseModel, Uri service, string? token, CancellationToken cancellationToken)
    {
        // A redirect could send the files to another host.
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var form = new MultipartFormDataContent();
        var files = ModuleFiles.MostBytes.Keys.Where(UploadedFiles.IsTaken)
            .Select(name => new FileInfo(Path.Combine(folder, name)))
            .Where(file => file.Exists)
            .ToArray();
        foreach (var file in files)
        {
            form.Add(new StreamContent(file.OpenRead()), "files", file.Name);
        }

        if (baseModel is not null)
        {
            form.Add(new StringContent(baseModel), "base_model");
        }

        var path = service.GetLeftPart(UriPartial.Path).TrimEnd('/');
        var root = path.EndsWith("/v1", StringComparison.Ordinal) ? path[..^3] : path;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{root}/v1/modules/{id}/versions") { Content = form };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using var response = await SendAsync(client, request, files, cancellationToken);
            return await ShowAsync(output, response, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            await Console.Error.WriteLineAsync($"Could not reach {service.Authority}: {exception.Message}");
            return ExitCode.Failed;
        }
    }

    static Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, FileInfo[] files, CancellationToken cancellationToken)
    {
        if (!Output.Errors.Profile.Out.IsTerminal)
        {
            return client.SendAsync(request, cancellationToken);
        }

        return Output.Errors.Progress()
            .AutoClear(enabled: true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn())
            .StartAsync(context =>
            {
                var bar = context.AddTask("Uploading", maxValue: Math.Max(1, files.Sum(file => file.Length)));
                request.Content = new WatchedContent(request.Content!, sent => bar.Value = sent);
                return client.SendAsync(request, cancellationToken);
            });
    }

    static async Task<int> ShowAsync(Output output, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var answer = Read(await response.Content.ReadAsStringAsync(cancellationToken));
        if (response.IsSuccessStatusCode && answer?["urls"]?["get"] is { } url)
        {
            output.WriteOutcome($"{url}", answer.AsObject());
            return ExitCode.Succeeded;
        }

        var detail = answer?["detail"]?.ToString().Trim() ?? "the answer is not from a LoraHub service.";
        await Console.Error.WriteLineAsync($"The service refused the module ({(int)response.StatusCode}): {detail}");
        return ExitCode.Failed;
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
