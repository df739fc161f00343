namespace LoraHub.Api.Tests.Support;

static class Limits
{
    /// <summary>The longest a test waits for what should happen at once.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);
}
