using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Pages;

public sealed class TrainingPageTests(ServicePool pool) : IClassFixture<ServicePool>
{
    const string New = "/trainings/new", Action = "/pages/trainings";

    static readonly (string Name, string Content) File = ("words.jsonl", TrainingRequests.Data);

    [Fact]
    public async Task An_empty_list_leads_to_the_first_training()
    {
        await using var service = new Service();
        var visitor = await Visitor.OfAsync(service);

        var list = await visitor.ReadAsync("/trainings");

        Assert.Contains("No training yet.", list, StringComparison.Ordinal);
        Assert.Contains("href=\"/trainings/new\"", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_shows_what_is_in_the_file_and_the_form_as_it_was_filled_and_creates_nothing()
    {
        var service = pool.Get();
        var visitor = await Visitor.OfAsync(service);

        using var response = await visitor.SendFileAsync(
            New, Action, File, ("type", "tune"), ("destination", "me/check"), ("epochs", "4"), ("batch_size", "1"), ("action", "check"));
        var page = await response.TextAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("2 examples. JSON Lines, with the columns input and target.", page, StringComparison.Ordinal);
        Assert.Contains("About 8 steps.", page, StringComparison.Ordinal);
        Assert.Contains("<td>mimsy ; fork ;</td><td>fourchette</td>", page, StringComparison.Ordinal);
        Assert.Contains("value=\"me/check\"", page, StringComparison.Ordinal);
        Assert.Matches("name=\"epochs\"[^>]* value=\"4\"", page);
        Assert.Contains("<strong>words.jsonl</strong>", page, StringComparison.Ordinal);
        Assert.Contains("value=\"start\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("me/check", await visitor.ReadAsync("/trainings"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"input\": \"a\", \"target\": \"b\"}\n{\"input\": \"c\"}\n", "Line 2 does not have <code>input</code> and <code>target</code>")]
    [InlineData("input,target\na,b\nc,d,e\n", "Line 3 has 3 cells, but the header has 2")]
    [InlineData("[]", "The data is a JSON array")]
    public async Task A_check_names_the_first_bad_line_and_does_not_offer_to_start(string data, string problem)
    {
        var visitor = await Visitor.OfAsync(pool.Get());

        using var response = await visitor.SendFileAsync(
            New, Action, ("bad.txt", data), ("type", "tune"), ("destination", "me/bad"), ("action", "check"));
        var page = WebUtility.HtmlDecode(await response.TextAsync());

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains(problem, page, StringComparison.Ordinal);
        Assert.DoesNotContain("value=\"start\"", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("destination", "lorahub/lorahub", "destination")]
    [InlineData("destination", "nonsense", "destination")]
    [InlineData("learning_rate", "7", "learning_rate")]
    [InlineData("init_from", "me/unknown", "init_from")]
    public async Task A_check_names_the_wrong_input(string name, string value, string field)
    {
        var visitor = await Visitor.OfAsync(pool.Get());
        (string, string)[] fields = name == "destination" ? [(name, value)] : [("destination", "me/x"), (name, value)];

        using var response = await visitor.SendFileAsync(New, Action, File, [("type", "tune"), .. fields, ("action", "check")]);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var page = await response.TextAsync();
        Assert.Contains($"<a href=\"#{field}\">{field}</a>", page, StringComparison.Ordinal);
        Assert.Contains($"id=\"{field}-error\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_creates_the_training_from_the_file_that_was_checked_and_shows_it()
    {
        await using var service = new Service();
        var (client, visitor) = (await service.ReadyAsync(), await Visitor.OfAsync(service));
        using var check = await visitor.SendFileAsync(New, Action, File, ("type", "tune"), ("destination", "me/french"), ("action", "check"));
        var file = (await check.TextAsync()).Split("name=\"earlier_file\" value=\"")[1].Split('"')[0];

        using var start = await visitor.SendFileAsync(
            New,
            Action,
            file: null,
            ("type", "tune"),
            ("destination", "me/french"),
            ("earlier_file", file),
            ("rank", "16"),
            ("method", "lorahub"),
            ("action", "start"));
        var path = start.Headers.Location!.ToString();
        var training = await client.UntilTrainedAsync(path["/trainings/".Length..]);
        var page = await visitor.ReadAsync(path);
        var list = await visitor.ReadAsync("/trainings");

        Assert.Equal("succeeded", training.Text("status"));
        Assert.Equal(["type", "train_data"], training["input"]!.AsObject().Select(input => input.Key)); // no defaults
        Assert.DoesNotContain("Warning", training.Text("logs"), StringComparison.Ordinal);
        Assert.Contains("<h1>Training of me/french</h1>", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/modules/me/french\"", page, StringComparison.Ordinal);
        Assert.Contains("<td class=\"number\">1.5000</td><td class=\"number\">0.2500</td>", page, StringComparison.Ordinal);
        Assert.Contains("adapter.zip", page, StringComparison.Ordinal);
        Assert.Contains(">me/french</a>", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_examples_of_the_table_are_data_too()
    {
        await using var service = new Service();
        var visitor = await Visitor.OfAsync(service);

        using var check = await visitor.SendFileAsync(New, Action, null, Table("check"));
        using var start = await visitor.SendFileAsync(New, Action, null, Table("start"));

        Assert.Contains("1 example.", await check.TextAsync(), StringComparison.Ordinal);
        Assert.StartsWith("/trainings/", start.Headers.Location!.ToString(), StringComparison.Ordinal);

        static (string, string)[] Table(string action) =>
        [
            ("type", "tune"), ("destination", "me/table"), ("example_inputs", "a"), ("example_outputs", "b"), ("example_inputs", ""),
            ("example_outputs", ""), ("action", action),
        ];
    }

    [Theory]
    [InlineData("check")]
    [InlineData("start")]
    public async Task Without_data_nothing_is_trained(string action)
    {
        var visitor = await Visitor.OfAsync(pool.Get());

        using var response = await visitor.SendFileAsync(
            New, Action, null, ("type", "tune"), ("destination", "me/nothing"), ("example_inputs", ""), ("example_outputs", ""), ("action", action));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("Give a file, text, or a table of examples.", await response.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobodys_examples_are_in_the_table_also_after_a_check()
    {
        var visitor = await Visitor.OfAsync(pool.Get());

        var form = await visitor.ReadAsync(New);
        using var check = await visitor.SendFileAsync(New, Action, File, ("type", "tune"), ("destination", "me/empty"), ("action", "check"));

        Assert.All([form, await check.TextAsync()], page => Assert.DoesNotMatch("<textarea name=\"example_[^>]*>[^<]", page));
    }

    [Fact]
    public async Task A_row_of_the_table_that_is_filled_in_half_is_refused()
    {
        var visitor = await Visitor.OfAsync(pool.Get());

        using var response = await visitor.SendFileAsync(
            New, Action, null, ("type", "tune"), ("destination", "me/half"), ("example_inputs", "a"), ("example_outputs", ""), ("action", "start"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("Give the right answer of every example.", await response.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_is_answered_by_the_version_that_was_made()
    {
        await using var service = new Service();
        var (client, visitor) = (await service.ReadyAsync(), await Visitor.OfAsync(service));
        var training = await client.TrainedAsync("me/french", TrainingRequests.Tune());
        var page = $"/trainings/{training.Text("id")}";

        using var response = await visitor.SendAsync(page, $"/pages{page}/prompt", ("prompt", "small words"));
        var id = response.Headers.Location!.ToString()["/predictions/".Length..];
        await client.UntilPredictionAsync(id, "succeeded");

        var prediction = await client.GetJsonAsync($"/v1/predictions/{id}");
        Assert.Equal("SMALL WORDS", string.Concat(prediction["output"]!.AsArray().Select(piece => (string)piece!)));
    }

    [Fact]
    public async Task A_failed_training_names_the_reason_and_its_step()
    {
        await using var service = new Service();
        service.Predictor.TuneScript = (_, _, _, progress, _) =>
        {
            progress.Report(new RunProgress(3, 10, 0.5) { TokensPerSecond = 900 });
            throw new PredictionException("Step 4: the loss is not finite.");
        };
        var (client, visitor) = (await service.ReadyAsync(), await Visitor.OfAsync(service));
        var training = await client.TrainedAsync("me/failed", TrainingRequests.Tune());

        var page = await visitor.ReadAsync($"/trainings/{training.Text("id")}");

        Assert.Contains("Step 4: the loss is not finite.", page, StringComparison.Ordinal);
        Assert.Contains("It failed after step 3 of 10. Nothing was published.", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_training_is_live_and_can_be_canceled()
    {
        await using var service = new Service();
        service.Predictor.TuneScript = (_, _, _, progress, canceled) =>
        {
            progress.Report(new RunProgress(1, 10, 0.5) { TokensPerSecond = 900 });
            canceled.WaitHandle.WaitOne(Limits.Wait);
            throw new OperationCanceledException(canceled);
        };
        var (client, visitor) = (await service.ReadyAsync(), await Visitor.OfAsync(service));
        using var created = await client.TrainAsync("me/canceled", TrainingRequests.Tune());
        var id = (await created.JsonAsync()).Text("id")!;
        await service.UntilAsync<PredictionEvent.Progressed>(id);

        using var live = await visitor.OpenAsync($"/trainings/{id}");
        using var cancel = await visitor.SendAsync(New, $"/pages/runs/{id}/cancel");
        var rest = await live.TextAsync(); // to the end of the training

        Assert.Equal($"/trainings/{id}", cancel.Headers.Location!.ToString());
        Assert.Contains("1 of 10 steps", rest, StringComparison.Ordinal);
        Assert.Contains("data-live=\"ended\"", rest, StringComparison.Ordinal);
        Assert.Contains("It was canceled. Nothing was published.", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_another_site_is_not_stored()
    {
        await using var service = new Service();
        var (client, visitor) = (await service.ReadyAsync(), await Visitor.OfAsync(service));
        var (name, value) = await visitor.TokenAsync(New);

        using var without = await visitor.PostAsync(Action, Visitor.FileForm(File, ("type", "tune")));
        using var wrong = await visitor.PostAsync(Action, Visitor.FileForm(File, (name, value[..^8]), ("type", "tune")));
        using var noForm = await visitor.PostAsync(Action, new StringContent("{}"));

        Assert.Equal(HttpStatusCode.BadRequest, without.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, noForm.StatusCode);
        Assert.Empty((await client.GetJsonAsync("/v1/files"))["results"]!.AsArray());
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_refused_in_words()
    {
        await using var service = new Service(("Files:MaxBytes", "100"));
        var visitor = await Visitor.OfAsync(service);

        using var response = await visitor.SendFileAsync(New, Action, File, ("type", "tune"), ("destination", "me/large"), ("action", "check"));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("Files must be less than 100 bytes in size", await response.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_training_is_changed_and_started_again_with_its_inputs()
    {
        await using var service = new Service();
        var (client, visitor) = (await service.ReadyAsync(), await Visitor.OfAsync(service));
        var training = await client.TrainedAsync("me/again", TrainingRequests.Tune(("epochs", 7)));

        var form = await visitor.ReadAsync($"/trainings/new?from={training.Text("id")}");

        Assert.Contains("value=\"me/again\"", form, StringComparison.Ordinal);
        Assert.Matches("name=\"epochs\"[^>]* value=\"7\"", form);
        Assert.Contains("fourchette", form, StringComparison.Ordinal);
    }
}
