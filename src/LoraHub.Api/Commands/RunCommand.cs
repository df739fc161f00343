using System.CommandLine;
using LoraHub.Api.Commands.Models;
using LoraHub.Api.Models;
using LoraHub.Core;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Commands;

/// <summary>
/// <c>lorahub run</c>: answers a prompt with a module or a base model, in this process or by a running service. The text goes to standard output as
/// it is generated, the log to standard error.
/// </summary>
static class RunCommand
{
    const string StandardInput = "-", Url = "--url";

    static readonly IReadOnlyList<InputField> Options = [.. PromptSchema.Fields.Where(field => field.Name != PromptSchema.Prompt)];

    public static Command Create(CommandHost host)
    {
        var model = new Argument<string>("model")
        {
            Description = "A module or a base model: owner/name, owner/name:version, or a version of 64 digits. `lorahub models list` shows all.",
        };
        var prompt = new Argument<string>("prompt") { Description = $"The text to answer, or {StandardInput} to read it from standard input." };
        var inputs = new Option<string[]>("--input", "-i")
        {
            Description =
                "An input as name=value; @file as the value reads a file. May be given several times. Other inputs have their defaults.\n\n"
                + string.Join('\n', Options.Select(GivenInputs.Describe)) + "\n",
        };
        var url = new Option<string?>(Url) { Description = "The URL of a running service, such as http://host:5000, to answer the prompt." };
        var token = ServiceClient.TokenOption("predict");
        var command = new Command("run", "Answers a prompt with a module or a base model, and prints the text as it is generated.")
        {
            model, prompt, inputs, url, token,
        };
        return host.Verb(command, async invocation =>
        {
            var most = invocation.Service<IOptions<LimitsOptions>>().Value.InputBytes;
            var given = GivenInputs.Read(invocation.Get(inputs) ?? [], Options, most);
            var (name, text) = (invocation.Require(model), invocation.Require(prompt));
            given[PromptSchema.Prompt] = text == StandardInput ? TextFile.ReadStandardInput(PromptSchema.Prompt, most) : text;
            if (invocation.Get(url) is { } address)
            {
                using var service = new ServiceClient(invocation, Url, address, invocation.Get(token));
                return await ServiceRun.RunAsync(invocation, service, name, given);
            }

            return invocation.Get(token) is null
                ? await LocalRun.RunAsync(invocation, await FindAsync(invocation, name), given)
                : throw new UsageException($"--token goes with {Url}.");
        });
    }

    /// <exception cref="UsageException">There is no such model here, or it cannot be called.</exception>
    static async Task<CallableModel> FindAsync(Invocation invocation, string name) => await CalledModel.FindAsync(invocation, name) switch
    {
        { IsComposer: true } composer => throw new UsageException($"`{composer.Name}` composes modules for a task; use `lorahub predict`."),
        { Problem: { } problem } broken => throw new UsageException($"`{broken.Name}` cannot be called: {problem}"),
        var model => model,
    };
}
