using Bunit;
using LoraHub.Modules.Versions;
using LoraHub.Web.Layout;
using LoraHub.Web.Library;

namespace LoraHub.Web.Tests.Library;

public sealed class ModulePageTests : BunitContext
{
    static readonly ModuleVersion Module = new()
    {
        Id = "me/french",
        Digest = new string('a', 64),
        BaseModel = "lorahub/t5-mini",
        IsOwned = true,
        IsCurrent = true,
    };

    [Theory]
    [InlineData(ModuleAction.Published, null, "It can be called and composed now.")]
    [InlineData(ModuleAction.Known, null, "Nothing changed")]
    [InlineData(ModuleAction.Quarantined, "In dispute.", "is in quarantine now")]
    [InlineData(ModuleAction.Released, null, "is released")]
    public void The_page_says_what_was_done(ModuleAction done, string? quarantine, string text) =>
        Assert.Contains(text, Show(Module with { Quarantine = quarantine }, done).Find("[role=status]").TextContent, StringComparison.Ordinal);

    [Theory]
    [InlineData(ModuleAction.Quarantined, null)]
    [InlineData(ModuleAction.Released, "In dispute.")]
    public void A_link_cannot_make_it_say_what_is_not_so(ModuleAction done, string? quarantine) =>
        Assert.Empty(Show(Module with { Quarantine = quarantine }, done).FindAll("[role=status]"));

    [Fact]
    public void A_quarantined_version_shows_the_reason_and_cannot_be_asked()
    {
        var page = Show(Module with { Quarantine = "In <b>dispute</b>." });

        Assert.Contains("In <b>dispute</b>.", page.Find(".notice.bad").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("#prompt"));
    }

    [Theory]
    [InlineData(true, true, 1)]
    [InlineData(false, true, 0)]
    [InlineData(true, false, 0)] // ships with the program
    public void Only_an_admin_can_quarantine_and_only_what_the_library_manages(bool isAdmin, bool isOwned, int forms) => Assert.Equal(
        forms, Show(Module with { IsOwned = isOwned }, isAdmin: isAdmin).FindAll("form[action='/pages/modules/me/french/quarantine']").Count);

    [Theory]
    [InlineData("https://huggingface.co/a/b", 1)]
    [InlineData("javascript:alert(1)", 0)]
    public void A_source_is_a_link_only_to_another_site(string source, int links) =>
        Assert.Equal(links, Show(Module with { Source = source }).FindAll(".facts a").Count);

    IRenderedComponent<ModulePage> Show(ModuleVersion module, ModuleAction? done = null, bool isAdmin = true) => Render<ModulePage>(page => page
        .Add(shown => shown.Viewer, new Viewer(null, HasTokens: false, MayPredict: true, MayPublish: true, isAdmin, new FormToken("token", "value")))
        .Add(shown => shown.Details, new ModuleDetails(module, "", [module], [], OpenPredictions: 0, Problem: null))
        .Add(shown => shown.Origin, "http://localhost")
        .Add(shown => shown.Composer, "lorahub/lorahub")
        .Add(shown => shown.Done, done));
}
