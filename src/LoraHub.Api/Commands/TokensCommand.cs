using System.CommandLine;
using LoraHub.Api.Security;

namespace LoraHub.Api.Commands;

/// <summary><c>lorahub tokens new</c>: makes a token and says how to configure it. Nothing is kept.</summary>
static class TokensCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "Whose token it is: 1 to 64 letters, digits, '.', '-' and '_'." };
        name.Validators.Add(given =>
        {
            if (!AuthOptions.TokenName().IsMatch(given.GetValueOrDefault<string>() ?? ""))
            {
                given.AddError(AuthOptions.TokenNameRule);
            }
        });
        var scopes = new Option<string>("--scopes") { Description = "What it may be used for: read, predict, publish and admin, with commas. Default: read,predict." };
        scopes.Validators.Add(given =>
        {
            if (Read(given.GetValueOrDefault<string>() ?? "") is null)
            {
                given.AddError($"--scopes {TokenScopes.Rule}");
            }
        });
        var create = new Command("new", "Makes a token, shows it once, and shows the settings that let it in.") { name, scopes };
        create.SetAction((parsed, _) => ShowAsync(
            parsed.InvocationConfiguration.Output, parsed.GetRequiredValue(name), parsed.GetValue(scopes) is { } given ? Read(given)! : []));
        return new Command("tokens", "The tokens that clients of /v1 send.") { create };
    }

    /// <returns>Null when one of the words is no scope.</returns>
    static string[]? Read(string given)
    {
        var words = given.Split(',', StringSplitOptions.TrimEntries);
        return Array.TrueForAll(words, word => TokenScopes.Read(word) is not null) ? [.. words.Distinct(StringComparer.Ordinal)] : null;
    }

    static async Task<int> ShowAsync(TextWriter output, string name, IReadOnlyList<string> scopes)
    {
        var token = Tokens.New();
        await output.WriteLineAsync($"""
            The token, shown this once:

              {token}

            The service keeps its hash alone. Set this (and count on from 0 for more tokens):

              Auth__Tokens__0__Name={name}
              Auth__Tokens__0__Hash={Tokens.Hash(token)}
            """);
        foreach (var (index, scope) in scopes.Index())
        {
            await output.WriteLineAsync($"  Auth__Tokens__0__Scopes__{index}={scope}");
        }

        return 0;
    }
}
