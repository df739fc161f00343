using System.Net;
using System.Text;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Webhooks;
using LoraHub.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Tests.Webhooks;

public sealed class WebhookKeyTests
{
    const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Id = "msg_p5jXN8AQM9LWM0D4loKWxJek", Body = """{"test": 2432232314}""";

    const long Timestamp = 1614265330;

    [Fact]
    public void The_signature_follows_the_standard() =>
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Sign(Secret, Id, Timestamp, Body));

    [Theory]
    [InlineData("whsec_NfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Id, Timestamp, Body)]
    [InlineData(Secret, "msg_p5jXN8AQM9LWM0D4loKWxJel", Timestamp, Body)]
    [InlineData(Secret, Id, Timestamp + 1, Body)]
    [InlineData(Secret, Id, Timestamp, """{"test": 2432232315}""")]
    public void Any_change_changes_the_signature(string secret, string id, long timestamp, string body) =>
        Assert.NotEqual(Sign(Secret, Id, Timestamp, Body), Sign(secret, id, timestamp, body));

    [Fact]
    public async Task The_secret_is_generated_once_per_data_folder()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();

        using var response = await client.FetchAsync("/v1/webhooks/default/secret");
        var again = await client.GetJsonAsync("/v1/webhooks/default/secret");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.CacheControl!.NoStore);
        var key = (await response.JsonAsync()).Text("key")!;
        Assert.StartsWith("whsec_", key);
        Assert.Equal(32, Convert.FromBase64String(key.Split('_')[1]).Length); // as the npm client parses it
        Assert.Equal(key, again.Text("key"));
    }

    [Fact]
    public async Task The_configured_secret_takes_precedence()
    {
        await using var service = new Service(("Webhooks:Secret", Secret));
        var client = await service.ReadyAsync();

        Assert.Equal(Secret, (await client.GetJsonAsync("/v1/webhooks/default/secret")).Text("key"));
    }

    [Theory]
    [InlineData("Webhooks:Secret", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "must be whsec_")]
    [InlineData("Webhooks:Secret", "whsec_c2hvcnQ=", "must be whsec_")]
    [InlineData("Webhooks:Secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa_w", "must be whsec_")]
    [InlineData("Webhooks:Secret", "whsec_ MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "must be whsec_")]
    [InlineData("Webhooks:AllowedNetworks:0", "10.0.0.0/33", "must be networks")]
    [InlineData("Webhooks:AllowedNetworks:0", "everything", "must be networks")]
    [InlineData("Webhooks:AuthToken", "two words", "AuthToken")]
    public async Task An_invalid_setting_is_refused_without_quoting_its_value(string key, string value, string message)
    {
        await using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build())
            .AddWebhooks()
            .BuildServiceProvider();

        var exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<WebhookOptions>>().Value);

        Assert.Contains(message, exception.Message);
        Assert.DoesNotContain(value, exception.Message);
    }

    static string Sign(string secret, string id, long timestamp, string body) =>
        new WebhookKey(Options.Create(new WebhookOptions { Secret = secret }), new NoKeys())
            .Sign(id, timestamp, Encoding.UTF8.GetBytes(body));

    /// <summary>With a configured secret, the service generates no key.</summary>
    sealed class NoKeys : IServiceKeys
    {
        public byte[] KeyOf(string name) => throw new InvalidOperationException();
    }
}
