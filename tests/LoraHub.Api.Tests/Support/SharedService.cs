namespace LoraHub.Api.Tests.Support;

/// <summary>One service for a class of tests that leave no trace in it.</summary>
public sealed class SharedService : IAsyncDisposable
{
    internal Service Service { get; } = new();

    public ValueTask DisposeAsync() => Service.DisposeAsync();
}
