namespace LoraHub.Api.Tests.Support;

/// <summary>Shares one service among the tests of a class that leave no state in it.</summary>
public sealed class SharedService : IAsyncDisposable
{
    internal Service Service { get; } = new();

    public ValueTask DisposeAsync() => Service.DisposeAsync();
}
