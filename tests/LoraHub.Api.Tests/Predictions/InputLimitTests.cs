using System.Net;
using System.Text;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Tests.Telemetry;

namespace LoraHub.Api.Tests.Predictions;

/// <summary>What one request may cost before it is accepted. Measures the memory of the process, so no other test may run at the same time.</summary>
[Collection(nameof(Alone))]
public sealed class InputLimitTests(SharedService shared) : IClassFixture<SharedService>
{
    const int Megabyte = 1024 * 1024;

    /// <summary>The most bytes that the service and the test's own client may allocate for each byte of a body.</summary>
    const int SmallMultiple = 12;

    /// <summary>What any request costs: nodes for as many values as are allowed, an answer, a plan.</summary>
    const int Constant = 24 * Megabyte;

    public static TheoryData<string, HttpStatusCode> Bodies => new()
    {
        { "an array of small numbers", HttpStatusCode.RequestEntityTooLarge },
        { "an unknown input of empty objects", HttpStatusCode.RequestEntityTooLarge },
        { "an object with many keys", HttpStatusCode.RequestEntityTooLarge },
        { "short lines beyond the bytes", HttpStatusCode.RequestEntityTooLarge },
        { "short lines within the bytes", HttpStatusCode.UnprocessableEntity },
        { "an array of short strings as text", HttpStatusCode.UnprocessableEntity },
        { "weights of many modules as text", HttpStatusCode.UnprocessableEntity },
        { "names of many modules", HttpStatusCode.UnprocessableEntity },
        { "a large data URL", HttpStatusCode.RequestEntityTooLarge },
        { "a number with many digits", HttpStatusCode.RequestEntityTooLarge },
        { "escaped text beyond the bytes", HttpStatusCode.RequestEntityTooLarge },
        { "escaped text within the bytes", HttpStatusCode.UnprocessableEntity },
        { "a name of a choice", HttpStatusCode.RequestEntityTooLarge },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_costs_a_small_multiple_of_its_bytes_before_it_is_refused(string body, HttpStatusCode statusCode)
    {
        var client = await shared.Service.ReadyAsync();
        var bytes = Encoding.UTF8.GetBytes($$"""{"version": "lorahub/lorahub", "input": { {{Input(body)}} } }""");
        foreach (var path in new[] { "/predictions", "/v1/predictions" })
        {
            using var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new("application/json");
            var before = GC.GetTotalAllocatedBytes(precise: true);

            using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);

            var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            Assert.Equal(statusCode, response.StatusCode);
            Assert.InRange(allocated, 0, ((long)SmallMultiple * bytes.Length) + Constant);
            Assert.InRange((await response.TextAsync()).Length, 1, 2000);
        }
    }

    static string Input(string body) => body switch
    {
        "an array of small numbers" => $"\"test_inputs\": [{Repeat("1,", 15 * Megabyte)}1]",
        "an unknown input of empty objects" => $"\"junk\": [{Repeat("{},", 10 * Megabyte)}1]",
        "an object with many keys" => $"\"module_weights\": {{{string.Join(',', Enumerable.Range(0, 1_000_000).Select(i => $"\"{i}\":1"))}}}",
        "short lines beyond the bytes" => $"\"test_inputs\": \"{Repeat("a\\n", 7 * Megabyte)}\"",
        "short lines within the bytes" => $"\"test_inputs\": \"{Repeat("a\\n", 4 * Megabyte)}\"",
        "an array of short strings as text" => $"\"test_inputs\": \"[{Repeat("\\\"\\\",", 3 * Megabyte)}\\\"\\\"]\"",
        "weights of many modules as text" =>
            $"\"module_weights\": \"{{{string.Join(',', Enumerable.Range(0, 500_000).Select(i => $"\\\"{i}\\\":1"))}}}\"",
        "names of many modules" => $"\"lora_modules_specified\": \"{string.Join(',', Enumerable.Range(0, 1_000_000))}\"",
        "a large data URL" => $"\"test_inputs\": \"data:text/plain;base64,{Repeat("YWFh", 5 * Megabyte)}\"",
        "a number with many digits" => $"\"seed\": {Repeat("1", 20 * Megabyte)}",
        "escaped text beyond the bytes" => $"\"test_inputs\": \"{Repeat("\\u0061", 11 * Megabyte)}\"",
        "escaped text within the bytes" => $"\"seed\": \"{Repeat("\\u0061", 9 * Megabyte)}\"",
        "a name of a choice" => $"\"composition\": \"data:{Repeat("x", 31 * Megabyte)}\"",
        _ => throw new ArgumentOutOfRangeException(nameof(body), body, null),
    };

    static string Repeat(string text, int times) => new StringBuilder(text.Length * times).Insert(0, text, times).ToString();
}
