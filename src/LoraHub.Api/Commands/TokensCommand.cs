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
        var create = new Command("new", "Makes a token, shows it once, and shows the settings that let it in.") { name };
        create.SetAction((parsed, _) => ShowAsync(parsed.InvocationConfiguration.Output, parsed.GetRequiredValue(name)));
        return new Command("tokens", "The tokens that clients of /v1 send.") { create };
    }

    static async Task<int> ShowAsync(TextWriter output, string name)
    {
        var token = Tokens.New();
        await output.WriteLineAsync($"""
            The token, shown this once:

              {token}

            The service keeps its hash alone. Set this (and count on from 0 for more tokens):

              Auth__Tokens__0__Name={name}
              Auth__Tokens__0__Hash={Tokens.Hash(token)}
            """);
        return 0;
    }
}
