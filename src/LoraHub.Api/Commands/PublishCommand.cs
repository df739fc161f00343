using System.CommandLine;
using System.Text.Json.Nodes;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands;

/// <summary><c>lorahub publish</c>: makes a module of a prediction's result, in the library of a running service.</summary>
static class PublishCommand
{
    const string Url = "--url", Destination = "name";

    public static Command Create(CommandHost host)
    {
        var id = new Argument<string>("prediction") { Description = "The id of a prediction of the composer that succeeded." };
        var destination = new Argument<string>(Destination) { Description = "The owner/name of the module. An existing one gets a new version." };
        var url = new Option<string>(Url)
        {
            Description = $"The service's URL. Default: {ServiceClient.Default}.",
            DefaultValueFactory = _ => ServiceClient.Default,
        };
        var token = ServiceClient.TokenOption("publish");
        var command = new Command("publish", "Publishes a prediction's result as a module of a running service.") { id, destination, url, token };
        return host.Verb(command, async invocation =>
        {
            var name = invocation.Require(destination);
            if (!ModelId.IsValid(name))
            {
                throw new ModuleRefusedException(Destination, $"`{Output.Sanitize(name)}` is not owner/name.");
            }

            using var service = new ServiceClient(invocation, Url, invocation.Require(url), invocation.Get(token));
            var published = await service.SendAsync(
                HttpMethod.Post,
                service.Address($"predictions/{Uri.EscapeDataString(invocation.Require(id))}/publish"),
                new JsonObject { ["destination"] = name },
                "the publication",
                invocation.CancellationToken);
            invocation.Output.WriteOutcome($"{published["urls"]?["get"] ?? name}", published);
            return ExitCode.Succeeded;
        });
    }
}
