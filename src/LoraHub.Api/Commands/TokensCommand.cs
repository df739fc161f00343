using System.CommandLine;
using System.Text.Json.Nodes;
using LoraHub.Api.Security;

namespace LoraHub.Api.Commands;

/// <summary><c>lorahub tokens new</c>: creates a token and prints its settings. It stores nothing.</summary>
static class TokensCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "The name of the token's owner: 1 to 64 letters, digits, '.', '-' and '_'." };
        name.Validators.Add(given =>
        {
            if (!AuthOptions.TokenName().IsMatch(given.GetValueOrDefault<string>() ?? ""))
            {
                given.AddError(AuthOptions.TokenNameRule);
            }
        });
        var scopes = new Option<string>("--scopes")
        {
            Description = "What the token permits, separated by commas: read, predict, publish, admin. Default: read,predict.",
        };
        scopes.Validators.Add(given =>
        {
            if (Read(given.GetValueOrDefault<string>() ?? "") is null)
            {
                given.AddError($"--scopes {TokenScopes.Rule}");
            }
        });
        var create = new Command("new", "Creates a token and prints it once, with its settings for the service.") { name, scopes };
        var json = Output.JsonOption();
        create.Options.Add(json);
        create.SetAction(parsed =>
        {
            Show(new Output(parsed.GetValue(json)), parsed.GetRequiredValue(name), parsed.GetValue(scopes) is { } given ? Read(given)! : []);
            return ExitCode.Succeeded;
        });
        return new Command("tokens", "Creates tokens for the clients of /v1.") { create };
    }

    /// <returns>Null when one of the words is not a scope.</returns>
    static string[]? Read(string given)
    {
        var words = given.Split(',', StringSplitOptions.TrimEntries);
        return Array.TrueForAll(words, word => TokenScopes.Read(word) is not null) ? [.. words.Distinct(StringComparer.Ordinal)] : null;
    }

    static void Show(Output output, string name, IReadOnlyList<string> scopes)
    {
        var token = Tokens.New();
        (string Key, string Value)[] settings =
        [
            ("Auth__Tokens__0__Name", name),
            ("Auth__Tokens__0__Hash", Tokens.Hash(token)),
            .. scopes.Select((scope, index) => ($"Auth__Tokens__0__Scopes__{index}", scope)),
        ];
        if (output.IsJson)
        {
            Output.WriteJson(new JsonObject
            {
                ["token"] = token,
                ["settings"] = new JsonObject(settings.Select(setting => KeyValuePair.Create(setting.Key, (JsonNode?)setting.Value))),
            });
            return;
        }

        Console.Out.WriteLine($"""
            The token, which is not shown again:

              {token}

            The service needs only its hash. Add these settings (for further tokens, use 1, 2, ... instead of 0):

            {string.Join(Environment.NewLine, settings.Select(setting => $"  {setting.Key}={setting.Value}"))}
            """);
    }
}
