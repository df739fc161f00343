using System.CommandLine;
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
        create.SetAction((parsed, _) => ShowAsync(
            parsed.InvocationConfiguration.Output, parsed.GetRequiredValue(name), parsed.GetValue(scopes) is { } given ? Read(given)! : []));
        return new Command("tokens", "Creates tokens for the clients of /v1.") { create };
    }

    /// <returns>Null when one of the words is not a scope.</returns>
    static string[]? Read(string given)
    {
        var words = given.Split(',', StringSplitOptions.TrimEntries);
        return Array.TrueForAll(words, word => TokenScopes.Read(word) is not null) ? [.. words.Distinct(StringComparer.Ordinal)] : null;
    }

    static async Task<int> ShowAsync(TextWriter output, string name, IReadOnlyList<string> scopes)
    {
        var token = Tokens.New();
        await output.WriteLineAsync($"""
            The token, which is not shown again:

              {token}

            The service needs only its hash. Add these settings (for further tokens, use 1, 2, ... instead of 0):

              Auth__Tokens__0__Name={name}
              Auth__Tokens__0__Hash={Tokens.Hash(token)}
            """);
        foreach (var (index, scope) in scopes.Index())
        {
            await output.WriteLineAsync($"  Auth__Tokens__0__Scopes__{index}={scope}");
        }

        return ExitCode.Succeeded;
    }
}
