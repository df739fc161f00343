using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Tests.Pages;

/// <summary>The form that uploads a module: read as a stream, after its token.</summary>
public sealed class UploadPageTests(SharedService shared) : IClassFixture<SharedService>
{
    const string Page = "/modules/new", Action = "/pages/modules";

    [Fact]
    public async Task An_upload_ends_on_the_modules_page_which_says_so()
    {
        var visitor = await Visitor.OfAsync(shared.Service);

        using var published = await visitor.PostAsync(Action, await FormAsync(visitor, "up/one", PeftFiles.Of(1, 2)));
        using var again = await visitor.PostAsync(Action, await FormAsync(visitor, "up/one", ("all.zip", PeftFiles.Zip(PeftFiles.Of(1, 2)))));

        var (first, second) = (published.Headers.Location!.ToString(), again.Headers.Location!.ToString());
        Assert.Contains("It can be called and composed now.", await visitor.ReadAsync(first), StringComparison.Ordinal);
        Assert.Contains("Nothing changed: version ", await visitor.ReadAsync(second), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quarantined_upload_shows_the_reason()
    {
        var visitor = await Visitor.OfAsync(shared.Service);

        using var published = await visitor.PostAsync(Action, await FormAsync(visitor, "up/zero", PeftFiles.Of(0)));

        Assert.Contains(
            "It is in quarantine: its update is zero", await visitor.ReadAsync(published.Headers.Location!.ToString()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody", "Enter the owner/name of a module")]
    [InlineData("lorahub/lorahub", "This name belongs to a base model or to the composer")]
    [InlineData("up/incomplete", "adapter_model.safetensors (or adapter_model.bin) is missing.")]
    public async Task A_refused_upload_shows_the_form_again_with_the_reason(string destination, string reason)
    {
        var visitor = await Visitor.OfAsync(shared.Service);

        using var refused = await visitor.PostAsync(Action, await FormAsync(visitor, destination, (ModuleFiles.Config, PeftFiles.Config)));

        Assert.InRange((int)refused.StatusCode, 400, 499);
        var page = await refused.TextAsync();
        Assert.Contains(reason, WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        Assert.Contains($"value=\"{destination}\"", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("of another visitor")]
    [InlineData("after the files")]
    public async Task Nothing_of_a_form_without_its_token_first_is_stored(string token)
    {
        var (visitor, other) = (await Visitor.OfAsync(shared.Service), await Visitor.OfAsync(shared.Service));
        var own = await visitor.TokenAsync(Page);
        using var form = new MultipartFormDataContent();
        if (token == "of another visitor")
        {
            var foreign = await other.TokenAsync(Page);
            form.Add(new StringContent(foreign.Value), foreign.Name);
        }

        Add(form, "up/foreign", PeftFiles.Of(3));
        if (token == "after the files")
        {
            form.Add(new StringContent(own.Value), own.Name);
        }

        using var refused = await visitor.PostAsync(Action, form);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("was not made here", await refused.TextAsync(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(shared.Service.DataPath, "models", "up", "foreign")));
        Assert.True(!Directory.Exists(shared.Service.Incoming) || !Directory.EnumerateFileSystemEntries(shared.Service.Incoming).Any());
    }

    [Fact]
    public async Task A_body_over_the_limit_and_one_that_is_no_form_are_refused_on_a_page()
    {
        await using var service = new Service(("Modules:MaxBytes", "1024"));
        var visitor = await Visitor.OfAsync(service);

        using var large = await visitor.PostAsync(Action, await FormAsync(visitor, "up/large", (ModuleFiles.Config, new byte[2000])));
        using var json = await visitor.PostAsync(Action, new StringContent("{}"));

        Assert.Equal(
            (HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.UnsupportedMediaType), (large.StatusCode, json.StatusCode));
        Assert.Contains("at most 1024 bytes", await large.TextAsync(), StringComparison.Ordinal);
    }

    static async Task<MultipartFormDataContent> FormAsync(Visitor visitor, string destination, params (string Name, byte[] Content)[] files)
    {
        var token = await visitor.TokenAsync(Page);
        var form = new MultipartFormDataContent { { new StringContent(token.Value), token.Name } };
        Add(form, destination, files);
        return form;
    }

    static void Add(MultipartFormDataContent form, string destination, params (string Name, byte[] Content)[] files)
    {
        form.Add(new StringContent(destination), "destination");
        form.Add(new StringContent(""), "base_model");
        foreach (var (name, content) in files)
        {
            form.Add(new ByteArrayContent(content), "files", name);
        }
    }
}
