using LoraHub.Modules.Uploads;
using LoraHub.Modules.Versions;
using Spectre.Console;

namespace LoraHub.Api.Commands.Modules;

/// <summary>Uploads a module's files as a form, streaming them from disk.</summary>
static class ModulePush
{
    /// <summary>Uploads the files and prints the outcome.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="ServiceException">The service refused the module, or did not answer.</exception>
    public static async Task<int> RunAsync(
        Output output, string folder, string id, string? baseModel, ServiceClient service, CancellationToken cancellationToken)
    {
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

        using var request = new HttpRequestMessage(HttpMethod.Post, service.Address($"modules/{id}/versions")) { Content = form };
        using var response = await SendAsync(service, request, files, cancellationToken);
        var published = await ServiceClient.ReadAsync(response, "the module", cancellationToken);
        output.WriteOutcome($"{published["urls"]?["get"] ?? id}", published);
        return ExitCode.Succeeded;
    }

    static Task<HttpResponseMessage> SendAsync(
        ServiceClient client, HttpRequestMessage request, FileInfo[] files, CancellationToken cancellationToken)
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
}
