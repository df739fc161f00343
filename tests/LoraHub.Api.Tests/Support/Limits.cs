namespace LoraHub.Api.Tests.Support;

static class Limits
{
    /// <summary>The timeout for something that should happen at once: it only stops a hang, for a busy machine may stand still for seconds.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(60);

    /// <summary>The timeout for the start of a process, which takes up to a minute on a busy machine.</summary>
    public static readonly TimeSpan Start = TimeSpan.FromMinutes(2);
}
