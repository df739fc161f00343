using System.Text;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>A request, and the service that answers it as the document says.</summary>
sealed record AnswerCase(Func<Service, HttpClient, Task<HttpResponseMessage>> Send)
{
    public Func<Service> Service { get; init; } = () => new Service();

    public static AnswerCase Get(string path) => new((_, client) => client.FetchAsync(path));

    public static AnswerCase Of(HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers) =>
        new((_, client) => client.SendAsync(method, path, json, headers));

    /// <summary>A body that is not JSON, as what it says of itself.</summary>
    public static AnswerCase Text(HttpMethod method, string path, string body, string type) => new(async (_, client) =>
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, type) };
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    });

    public AnswerCase With(params (string Key, string Value)[] settings) => this with { Service = () => new Service(settings) };

    /// <summary>Before this request, the one slot is taken by a prediction that runs until it is canceled.</summary>
    public AnswerCase WhileBusy() => this with
    {
        Send = async (service, client) =>
        {
            service.Predictor.Script = run => run.UntilCanceled();
            using var running = await client.SendAsync(HttpMethod.Put, "/predictions/running", "{}", ("Prefer", "respond-async"));
            return await Send(service, client);
        },
    };

    /// <summary>Before this request, as many streams are open as may.</summary>
    public AnswerCase WhileStreaming() => With(("Api:MaxStreams", "1"), ("Queue:BareCapacity", "2")) with
    {
        Send = async (service, client) =>
        {
            service.Predictor.Script = run => run.UntilCanceled();
            using var open = await client.SendAsync(HttpMethod.Put, "/predictions/streaming", "{}", ("Accept", "text/event-stream"));
            return await Send(service, client);
        },
    };

    /// <summary>The setup has failed by the time of this request.</summary>
    public AnswerCase AfterFailedSetup() => this with
    {
        Service = () =>
        {
            var service = Service();
            service.Predictor.Setup = (_, _) => throw new Core.Predictions.PredictionException("The base model is not there.");
            return service;
        },
    };
}
