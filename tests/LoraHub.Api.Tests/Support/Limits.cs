namespace LoraHub.Api.Tests.Support;

static class Limits
{
    /// <summary>The timeout for something that should happen at once.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    /// <summary>The timeout for the start of a process, which takes up to a minute on a busy machine.</summary>
    public static readonly TimeSpan Start = TimeSpan.FromMinutes(2);
}
