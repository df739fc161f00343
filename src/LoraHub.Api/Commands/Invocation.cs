using System.CommandLine;

namespace LoraHub.Api.Commands;

/// <summary>One call of a verb.</summary>
/// <param name="CancellationToken">Canceled by Ctrl+C.</param>
sealed record Invocation(ParseResult Parsed, IServiceProvider Services, Output Output, CancellationToken CancellationToken)
{
    public T? Get<T>(Option<T> option) => Parsed.GetValue(option);

    public T Require<T>(Option<T> option) => Parsed.GetRequiredValue(option);

    public T? Get<T>(Argument<T> argument) => Parsed.GetValue(argument);

    public T Require<T>(Argument<T> argument) => Parsed.GetRequiredValue(argument);

    public T Service<T>()
        where T : notnull => Services.GetRequiredService<T>();
}
