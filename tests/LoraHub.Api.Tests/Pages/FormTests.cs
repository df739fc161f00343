using System.Net;
using System.Net.Http.Headers;
using System.Text;
using LoraHub.Api.Pages;
using LoraHub.Api.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Api.Tests.Pages;

/// <summary>What forms may hold, and how they may come.</summary>
public sealed class FormTests(ServicePool pool) : IClassFixture<ServicePool>
{
    const string SignIn = "/pages/sign-in", Run = "/pages/predictions";

    static readonly (string, string) Cat = ("example_inputs", "cat"), Cats = ("example_outputs", "cats");

    [Theory]
    [InlineData(1, 20_000)]
    [InlineData(25, 1_000)]
    [InlineData(50, 1)]
    public async Task A_form_of_a_few_fields_is_limited_in_total_in_both_encodings(int fields, int length)
    {
        var visitor = await Visitor.OfAsync(pool.Get(TestTokens.Settings));
        (string, string)[] form = [await visitor.TokenAsync("/sign-in"), .. Enumerable.Repeat(("token", new string('x', length)), fields)];

        using var pairs = await visitor.PostAsync(SignIn, Encoded(form));
        using var parts = await visitor.PostAsync(SignIn, Visitor.FileForm(null, form));

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.RequestEntityTooLarge), (pairs.StatusCode, parts.StatusCode));
        Assert.Contains("more text than its fields may have", await parts.TextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("add", "example_inputs")]
    [InlineData("seed", "1")]
    public async Task The_rows_of_a_form_are_limited_in_total_as_a_predictions_input(string button, string value)
    {
        var visitor = await Visitor.OfAsync(pool.Get(("Limits:InputBytes", "1024")));
        (string, string)[] form = [.. Enumerable.Repeat(("example_inputs", new string('x', 9000)), 9), (button, value)];

        using var response = await visitor.SendAsync("/", Run, form);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("more rows or more text than a prediction may have", await response.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_of_many_bytes_a_character_may_be_as_long_as_the_limit()
    {
        var visitor = await Visitor.OfAsync(pool.Get(("Limits:InputBytes", "90000")));

        using var response = await visitor.SendAsync("/", Run, ("example_inputs", new string('語', 29_000)), Cats);

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
    }

    [Theory]
    [InlineData(SignIn)]
    [InlineData(Run)]
    public async Task A_form_without_files_refuses_one(string action)
    {
        var visitor = await Visitor.OfAsync(pool.Get());

        using var response = await visitor.PostAsync(
            action, Visitor.FileForm(("a.txt", new string('x', 10_000)), await visitor.TokenAsync("/")));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("This form takes no files.", await response.TextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SignIn)]
    [InlineData(Run)]
    [InlineData("/pages/trainings")]
    public async Task Nothing_is_read_of_a_form_after_a_false_token(string action)
    {
        var visitor = await Visitor.OfAsync(pool.Get());
        using var body = new StallingContent(
            "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x\r\n");

        using var response = await visitor.PostAsync(action, body).WaitAsync(Limits.Wait, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("was not made here", await response.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_that_does_not_arrive_in_time_is_408()
    {
        var time = new FakeTimeProvider();
        await using var service = new Service
        {
            Replace = services => services.AddSingleton(all => ActivatorUtilities.CreateInstance<PageForms>(all, time)),
        };
        var visitor = await Visitor.OfAsync(service);
        var (name, token) = await visitor.TokenAsync("/");
        using var body = new StallingContent("application/x-www-form-urlencoded", $"{name}={Uri.EscapeDataString(token)}&example_inputs=a");

        var waiting = visitor.PostAsync("/pages/sign-in", body);
        while (!waiting.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(20));
            await Task.WhenAny(waiting, Task.Delay(50, TestContext.Current.CancellationToken));
        }

        using var response = await waiting;
        Assert.Equal(HttpStatusCode.RequestTimeout, response.StatusCode);
    }

    [Theory]
    [InlineData(SignIn, "application/json")]
    [InlineData(SignIn, "text/plain")]
    [InlineData(SignIn, null)]
    [InlineData(SignIn, "application/x-www-form-urlencoded; charset=utf-7")]
    [InlineData(Run, "application/json")]
    [InlineData(Run, "multipart/form-data; boundary=x; charset=utf-7")]
    [InlineData("/pages/sign-out", "text/plain")]
    [InlineData("/pages/trainings", null)]
    public async Task What_is_not_a_form_in_UTF8_is_415_whatever_its_headers_hold(string action, string? type)
    {
        var visitor = await Visitor.OfAsync(pool.Get());
        var (name, token) = await visitor.TokenAsync("/");
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes($"{name}={Uri.EscapeDataString(token)}"));
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var response = await visitor.PostAsync(action, content, ("RequestVerificationToken", token));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task A_multipart_form_without_a_boundary_is_400_and_says_so()
    {
        var visitor = await Visitor.OfAsync(pool.Get());
        using var content = new ByteArrayContent([]);
        content.Headers.ContentType = new MediaTypeHeaderValue("multipart/form-data");

        using var response = await visitor.PostAsync(Run, content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("must name a boundary", await response.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_NUL_is_text_as_on_the_API()
    {
        var visitor = await Visitor.OfAsync(pool.Get());

        using var response = await visitor.SendAsync("/", Run, ("example_inputs", "a\0b"), Cats);

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
    }

    [Theory]
    [InlineData("module_weights", """{"a/b":1,"a/b":2}""", "an object repeats a key")]
    [InlineData("seed", "\"\\ud800\"", "Enter a whole number")]
    [InlineData("seed", "{\"a\":1,\"a\":2}", "Enter a whole number")]
    public async Task JSON_that_the_API_would_refuse_is_an_error_of_its_field(string field, string value, string reason)
    {
        var visitor = await Visitor.OfAsync(pool.Get());

        using var response = await visitor.SendAsync("/", Run, Cat, Cats, (field, value));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains(reason, WebUtility.HtmlDecode(await response.TextAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_fields_of_one_name_take_memory_in_proportion()
    {
        const int Count = 20_000;
        var fields = new FormFields(new FormLimits(Count, Count, TypedResultsOk));
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var field = 0; field < Count; field++)
        {
            fields.Add("example_inputs", "x");
        }

        var form = fields.ToForm();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100L * Count);
        Assert.Equal(Count, form["example_inputs"].Count);
    }

    static Microsoft.AspNetCore.Http.IResult TypedResultsOk => Microsoft.AspNetCore.Http.TypedResults.Ok();

    static FormUrlEncodedContent Encoded((string Name, string Value)[] fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    /// <summary>A body whose end never comes.</summary>
    sealed class StallingContent : HttpContent
    {
        readonly byte[] _beginning;
        readonly CancellationTokenSource _disposed = new();

        public StallingContent(string type, string beginning)
        {
            _beginning = Encoding.UTF8.GetBytes(beginning);
            Headers.TryAddWithoutValidation("Content-Type", type);
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_beginning, _disposed.Token);
            await stream.FlushAsync(_disposed.Token);
            await Task.Delay(Timeout.Infinite, _disposed.Token);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            _disposed.Cancel(); // not disposed: the client disposes the content, too
            base.Dispose(disposing);
        }
    }
}
