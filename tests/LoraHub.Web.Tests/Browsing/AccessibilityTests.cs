using Deque.AxeCore.Playwright;
using LoraHub.Api.Tests.Support;
using Microsoft.Playwright;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>Every page by axe's rules for WCAG, with real results, in both color schemes, on a desktop and on a phone.</summary>
public sealed class AccessibilityTests(Chromium chromium, ShippedService service) : IClassFixture<ShippedService>
{
    const string Lines = """{\"input\": \"un\", \"target\": \"one\"}\n{\"input\": \"deux\", \"target\": \"two\"}""";

    HttpClient Client => service.Process.Client;

    [Theory]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 1440)]
    public async Task Every_page_is_accessible(ColorScheme scheme, int width)
    {
        var ended = await RunAsync(
            """{"num_random_lora_modules": 3, "max_inference_step": 10, "controls": true, "test_inputs": "a\nb", "test_outputs": "a\nc"}""",
            "succeeded");
        var failed = await RunAsync(
            """{"example_inputs": "a", "example_outputs": "b", "module_weights": {"lorahub/t5_mini-french": 1e30}}""", "failed");
        var trained = await TrainAsync(steps: 3, "succeeded");
        var training = await TrainAsync(steps: 1_000_000, "processing");
        try
        {
            await chromium.VisitAsync(
                service.Address,
                async page =>
                {
                    foreach (var path in Paths(ended, failed, trained, training))
                    {
                        await page.OpenAsync(path);
                        await page.Locator("main").WaitForAsync();

                        Assert.Equal([], await ViolationsAsync(page));
                        var isInside = await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth");
                        Assert.True(isInside, $"{path} is too wide.");
                    }
                },
                new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 900 } });
        }
        finally
        {
            using var canceled = await Client.PostAsync($"/v1/trainings/{training}/cancel", json: null);
        }
    }

    static string[] Paths(string ended, string failed, string trained, string training) =>
    [
        "/", "/?task=empty", $"/?from={ended}", "/sign-in",
        "/predictions", $"/predictions/{ended}", $"/predictions/{failed}", $"/compare?a={ended}&b={failed}", "/predictions/none",
        "/modules", "/modules?q=nothing+has+this+name", "/modules/lorahub/t5_mini-french", "/modules/lorahub/none", "/modules/new",
        "/trainings", "/trainings/new", $"/trainings/{trained}", $"/trainings/{training}",
    ];

    /// <returns>The id of a prediction that has come to this status.</returns>
    async Task<string> RunAsync(string input, string status)
    {
        var created = await Client.PostJsonAsync("/v1/predictions", $$"""{"version": "lorahub/lorahub", "input": {{input}} }""");
        await Client.UntilPredictionAsync(created.Text("id")!, status);
        return created.Text("id")!;
    }

    /// <returns>The id of a training that has come to this status.</returns>
    async Task<string> TrainAsync(int steps, string status)
    {
        var version = (await Client.GetJsonAsync("/v1/models/lorahub/lorahub"))["latest_version"]!.Text("id");
        var created = await Client.PostJsonAsync(
            $"/v1/models/lorahub/lorahub/versions/{version}/trainings",
            $$"""{"destination": "me/numbers", "input": {"type": "tune", "train_data": "{{Lines}}", "steps": {{steps}} } }""");
        await Client.UntilTrainingAsync(created.Text("id")!, status);
        return created.Text("id")!;
    }

    // No page has frames, so one pass over the page itself finds everything.
    static async Task<IEnumerable<string>> ViolationsAsync(IPage page) => (await page.RunAxe()).Violations
        .SelectMany(violation => violation.Nodes.Select(node => $"{page.Url}: {violation.Id}: {node.Html}"));
}
