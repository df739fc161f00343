using System.Net;
using System.Text.RegularExpressions;

namespace LoraHub.Api.Tests.Support;

/// <summary>Opens pages and sends their forms as a browser does.</summary>
static partial class Browser
{
    static readonly (string, string) Html = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");

    /// <summary>Opens a page. Redirects are followed, cookies kept.</summary>
    public static Task<HttpResponseMessage> OpenAsync(this HttpClient client, string path) => client.FetchAsync(path, Html);

    public static async Task<string> PageAsync(this HttpClient client, string path)
    {
        using var response = await client.OpenAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.TextAsync();
    }

    /// <summary>Sends a form with the hidden field that the service gave this visitor.</summary>
    /// <param name="fields">In order; a name may recur.</param>
    public static async Task<HttpResponseMessage> SubmitAsync(this HttpClient client, string path, params (string Name, string Value)[] fields)
    {
        var token = FormToken().Match(await client.PageAsync("/")).Groups["token"].Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.TryAddWithoutValidation(Html.Item1, Html.Item2);
        request.Content = new FormUrlEncodedContent(
            fields.Prepend((Name: "__RequestVerificationToken", Value: token)).Select(field => KeyValuePair.Create(field.Name, field.Value)));
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>The last part of the address that a form led to.</summary>
    public static string Id(this HttpResponseMessage response) => response.RequestMessage!.RequestUri!.Segments[^1];

    [GeneratedRegex("VerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FormToken();
}
