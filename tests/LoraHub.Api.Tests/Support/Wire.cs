using System.Text;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Tests.Support;

/// <summary>Sends requests and reads responses as a client does. Every request is canceled with the test.</summary>
static class Wire
{
    public static Task<HttpResponseMessage> PostAsync(this HttpClient client, string url, string? json,
        params (string Name, string Value)[] headers) =>
        client.SendAsync(HttpMethod.Post, url, json, headers);

    public static Task<HttpResponseMessage> FetchAsync(this HttpClient client, string url, params (string Name, string Value)[] headers) =>
        client.SendAsync(HttpMethod.Get, url, json: null, headers);

    /// <returns>The response as soon as its headers arrive.</returns>
    public static async Task<HttpResponseMessage> SendAsync(
        this HttpClient client, HttpMethod method, string url, string? json, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, url);
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public static async Task<JsonObject> PostJsonAsync(this HttpClient client, string url, string? json, params (string Name, string Value)[] headers)
    {
        using var response = await client.PostAsync(url, json, headers);
        return await response.JsonAsync();
    }

    public static async Task<JsonObject> GetJsonAsync(this HttpClient client, string url)
    {
        using var response = await client.FetchAsync(url);
        return await response.JsonAsync();
    }

    /// <summary>Waits until the health check reports this status.</summary>
    public static Task UntilHealthAsync(this HttpClient client, string status) => client.UntilStatusAsync("/health-check", status);

    /// <summary>Waits until the prediction exists and has this status.</summary>
    public static Task UntilPredictionAsync(this HttpClient client, string id, string status) =>
        client.UntilStatusAsync($"/v1/predictions/{id}", status);

    /// <summary>Waits until the training exists and has this status.</summary>
    public static Task UntilTrainingAsync(this HttpClient client, string id, string status) =>
        client.UntilStatusAsync($"/v1/trainings/{id}", status);

    static async Task UntilStatusAsync(this HttpClient client, string url, string status)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while ((await client.GetJsonAsync(url))["status"]?.ToString() != status) // a number in the 404 for an id that does not exist yet
        {
            await Task.Delay(10, limit.Token);
        }
    }

    public static async Task<JsonObject> JsonAsync(this HttpResponseMessage response) => JsonNode.Parse(await response.TextAsync())!.AsObject();

    public static Task<string> TextAsync(this HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    public static string? Text(this JsonNode node, string key) => (string?)node[key];
}
