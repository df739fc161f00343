using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc.Testing;

namespace LoraHub.Api.Tests.Support;

/// <summary>A person with a browser: keeps cookies, follows no redirects, and sends the forms of pages with their hidden fields.</summary>
sealed partial class Visitor(HttpClient client)
{
    static readonly (string, string) Html = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");

    public static async Task<Visitor> OfAsync(Service service, string origin = "http://localhost")
    {
        using var ready = await service.ReadyAsync();
        return new Visitor(service.CreateClient(
            new WebApplicationFactoryClientOptions { AllowAutoRedirect = false, HandleCookies = true, BaseAddress = new Uri(origin) }));
    }

    public Task<HttpResponseMessage> OpenAsync(string path, params (string, string)[] headers) => client.FetchAsync(path, [Html, .. headers]);

    /// <returns>The document of a page that exists.</returns>
    public async Task<string> ReadAsync(string path)
    {
        using var response = await OpenAsync(path);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{path}: {response.StatusCode}");
        return await response.TextAsync();
    }

    /// <summary>Sends a form to an action, with the form token of a page.</summary>
    public async Task<HttpResponseMessage> SendAsync(string page, string action, params (string Name, string Value)[] fields) =>
        await PostAsync(action, new FormUrlEncodedContent(Pairs([await TokenAsync(page), .. fields])));

    /// <summary>Sends a form with a file.</summary>
    public async Task<HttpResponseMessage> SendFileAsync(
        string page, string action, (string Name, string Content)? file, params (string Name, string Value)[] fields) =>
        await PostAsync(action, FileForm(file, [await TokenAsync(page), .. fields]));

    public static MultipartFormDataContent FileForm((string Name, string Content)? file, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
        {
            form.Add(new StringContent(value), name);
        }

        if (file is var (fileName, content))
        {
            form.Add(new StringContent(content), "file", fileName);
        }

        return form;
    }

    public async Task<HttpResponseMessage> PostAsync(string action, HttpContent content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, action) { Content = content };
        foreach (var (name, value) in headers.Prepend(Html))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<HttpResponseMessage> SignInAsync(string token, string? next = null) =>
        await SendAsync("/sign-in", "/pages/sign-in", ("token", token), ("return", next ?? "/"));

    /// <summary>The hidden field of a page's forms.</summary>
    public async Task<(string Name, string Value)> TokenAsync(string page)
    {
        var field = FormToken().Match(await ReadAsync(page));
        return (field.Groups["name"].Value, field.Groups["value"].Value);
    }

    static IEnumerable<KeyValuePair<string, string>> Pairs(IEnumerable<(string Name, string Value)> fields) =>
        fields.Select(field => KeyValuePair.Create(field.Name, field.Value));

    [GeneratedRegex(
        "type=\"hidden\" name=\"(?<name>__[^\"]+)\" value=\"(?<value>[^\"]+)\"",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex FormToken();
}
