using System.Text;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Docs;

/// <summary>A request, and a service that gives the documented response to it.</summary>
/// <param name="Send">Gets a name that is unique to the case, for what it creates.</param>
sealed record AnswerCase(Func<Service, HttpClient, string, Task<HttpResponseMessage>> Send)
{
    const string New = "{new}";

    /// <summary>Cases with the same settings share a service.</summary>
    public IReadOnlyList<(string Key, string Value)> Settings { get; private init; } = [];

    /// <summary>Whether the setup of the service fails.</summary>
    public bool FailsSetup { get; private init; }

    /// <summary>Whether other cases cannot reuse the service.</summary>
    public bool SpoilsService { get; init; }

    public Service NewService()
    {
        var service = new Service([.. Settings]);
        if (FailsSetup)
        {
            service.Predictor.Setup = (_, _) => throw new PredictionException("The base model is not there.");
        }

        return service;
    }

    public static AnswerCase Get(string path) => new((_, client, _) => client.FetchAsync(path));

    /// <param name="path"><c>{new}</c> is a placeholder for the case's name, as in <paramref name="json"/>.</param>
    public static AnswerCase Of(HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers) =>
        new((_, client, name) => client.SendAsync(
            method, path.Replace(New, name, StringComparison.Ordinal), json?.Replace(New, name, StringComparison.Ordinal), headers));

    /// <summary>Sends a body that is not JSON, with its media type.</summary>
    public static AnswerCase Text(HttpMethod method, string path, string body, string type) => new(async (_, client, name) =>
    {
        using var content = new StringContent(body, Encoding.UTF8, type);
        using var request = new HttpRequestMessage(method, path.Replace(New, name, StringComparison.Ordinal)) { Content = content };
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    });

    /// <summary>Sends another request before this one, which must succeed.</summary>
    public AnswerCase After(string path, string json) => this with
    {
        Send = async (service, client, name) =>
        {
            using var first = await client.PostAsync(path, json.Replace(New, name, StringComparison.Ordinal));
            Assert.True(first.IsSuccessStatusCode, await first.TextAsync());
            return await Send(service, client, name);
        },
    };

    public AnswerCase With(params (string Key, string Value)[] settings) => this with { Settings = settings };

    /// <summary>Before this request, a prediction takes the one slot and runs until it is canceled; its id is the case's name.</summary>
    public AnswerCase WhileBusy() => this with
    {
        Send = async (service, client, name) =>
        {
            var script = service.Predictor.Script;
            service.Predictor.Script = run => run.UntilCanceled();
            using var running = await client.SendAsync(HttpMethod.Put, $"/predictions/{name}", "{}", ("Prefer", "respond-async"));
            try
            {
                return await Send(service, client, name);
            }
            finally
            {
                using var canceled = await client.PostAsync($"/predictions/{name}/cancel", json: null);
                service.Predictor.Script = script;
            }
        },
    };

    /// <summary>Before this request, as many streams are open as the settings allow.</summary>
    public AnswerCase WhileStreaming() => With(("Api:MaxStreams", "1"), ("Queue:BareCapacity", "2")) with
    {
        SpoilsService = true,
        Send = async (service, client, name) =>
        {
            service.Predictor.Script = run => run.UntilCanceled();
            using var open = await client.SendAsync(HttpMethod.Put, "/predictions/streaming", "{}", ("Accept", "text/event-stream"));
            return await Send(service, client, name);
        },
    };

    /// <summary>The setup has failed by the time of this request.</summary>
    public AnswerCase AfterFailedSetup() => this with { FailsSetup = true };

    /// <summary>This request stops the service.</summary>
    public AnswerCase Stopping() => this with { SpoilsService = true };
}
