using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Adaptation;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Inference.Tests.Adaptation;

public sealed class ModuleSelectorTests
{
    readonly Catalog _catalog = new();

    [Fact]
    public void The_seed_decides_the_draw()
    {
        var first = Draw("""{"num_random_lora_modules": 10}""", seed: 42);

        Assert.Equal(first, Draw("""{"num_random_lora_modules": 10}""", seed: 42));
        Assert.NotEqual(first, Draw("""{"num_random_lora_modules": 10}""", seed: 43));
        Assert.Equal(10, first.Distinct().Count());
        Assert.Equal(first.Order(StringComparer.Ordinal), first);
    }

    [Fact]
    public void Factors_draw_only_modules_that_can_be_summed_and_delta_draws_any()
    {
        var all = Draw("""{"num_random_lora_modules": 30}""", seed: 1);

        Assert.DoesNotContain("hub/other-rank", all);
        Assert.Contains("hub/other-rank", Draw("""{"num_random_lora_modules": 31, "composition": "delta"}""", seed: 1));
        Assert.DoesNotContain("hub/broken", all);
        Assert.DoesNotContain("hub/other-base", all);
    }

    [Fact]
    public void Specified_modules_keep_their_order()
    {
        Assert.Equal(["hub/module-07", "hub/module-03"], Draw("""{"lora_modules_specified": "hub/module-07, hub/module-03"}""", seed: 1));
    }

    [Theory]
    [InlineData("""{"num_random_lora_modules": 31}""", "num_random_lora_modules", "31 modules were asked for, but the pool holds 30")]
    [InlineData("""{"num_random_lora_modules": 31, "module_selection": "similar"}""", "num_random_lora_modules",
        "31 modules were asked for, but the pool holds 30")]
    [InlineData("""{"lora_modules_specified": "hub/modul-07"}""", "lora_modules_specified",
        "`hub/modul-07` is not recognized. Did you mean `hub/module-07`")]
    [InlineData("""{"lora_modules_specified": "zzz"}""", "lora_modules_specified", "`zzz` is not recognized.")]
    [InlineData("""{"lora_modules_specified": "hub/broken"}""", "lora_modules_specified", "`hub/broken` cannot be used: it is cut short")]
    [InlineData("""{"lora_modules_specified": "hub/module-01, hub/other-rank"}""", "lora_modules_specified",
        "`hub/module-01` (r 8) and `hub/other-rank` (r 4) differ")]
    [InlineData("""{"lora_modules_specified": "hub/module-01, hub/other-base"}""", "lora_modules_specified", "name modules of one base model")]
    [InlineData("""{"lora_modules_specified": "hub/module-01@0123456789ab"}""", "lora_modules_specified",
        "`hub/module-01` has no version, or several, whose digest begins with 0123456789ab.")]
    [InlineData("""{"lora_modules_specified": "hub/modul-01@0123456789ab"}""", "lora_modules_specified",
        "`hub/modul-01@0123456789ab` is not recognized.")]
    [InlineData("""{"lora_modules_specified": "hub/module-01@0123"}""", "lora_modules_specified", "`hub/module-01@0123` is not recognized.")]
    [InlineData("""{"module_weights": {"hub/nobody": 1}}""", "module_weights", "`hub/nobody` is not recognized.")]
    public void An_impossible_draw_is_refused_with_the_reason(string json, string field, string message)
    {
        var (input, _) = InputParser.Parse(JsonNode.Parse(json)!.AsObject());

        var (modules, errors) = ModuleSelector.Select(input!, _catalog, seed: 1);

        Assert.Empty(modules);
        Assert.Equal(field, Assert.Single(errors).Field);
        Assert.Contains(message, errors[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Modules_of_different_ranks_compose_exactly()
    {
        Assert.Equal(2, Draw("""{"lora_modules_specified": "hub/module-01, hub/other-rank", "composition": "delta"}""", seed: 1).Length);
    }

    [Theory]
    [InlineData("factors", 30)]
    [InlineData("delta", 31)]
    public void All_are_all_that_can_be_composed_together_in_the_order_of_their_ids(string composition, int count)
    {
        var all = Draw($$"""{"module_selection": "all", "composition": "{{composition}}", "num_random_lora_modules": 2}""", seed: 1);

        Assert.Equal(count, all.Length);
        Assert.Equal(all.Order(StringComparer.Ordinal), all);
        Assert.DoesNotContain("hub/broken", all);
        Assert.DoesNotContain("hub/other-base", all);
    }

    [Fact]
    public void Similar_selects_the_requested_number_and_ranks_a_card_with_the_examples_words_first()
    {
        const string Input =
            """{"module_selection": "similar", "num_random_lora_modules": 5, "example_inputs": "one walrus", "example_outputs": "two walruses"}""";

        var similar = Draw(Input, seed: 1);

        Assert.Equal("hub/module-17", similar[0]);
        Assert.Equal(["hub/module-00", "hub/module-01", "hub/module-02", "hub/module-03"], similar[1..]); // that say nothing of walruses: by id
        Assert.Equal(similar, Draw(Input, seed: 2));
    }

    [Fact]
    public void To_probe_all_are_candidates_the_most_similar_first()
    {
        const string Input =
            """{"module_selection": "probe", "composition": "delta", "example_inputs": "one walrus", "example_outputs": "two walruses"}""";

        var candidates = Draw(Input, seed: 1);

        Assert.Equal(31, candidates.Length);
        Assert.Equal(31, candidates.Distinct().Count());
        Assert.Equal("hub/module-17", candidates[0]);
        Assert.Equal(candidates, Draw(Input, seed: 2));
    }

    [Fact]
    public void To_rank_by_slopes_all_are_candidates_in_the_order_of_ids()
    {
        var candidates = Draw("""{"module_selection": "slopes", "composition": "delta"}""", seed: 1);

        Assert.Equal(31, candidates.Length);
        Assert.Equal(candidates.Order(StringComparer.Ordinal), candidates);
        Assert.Equal(candidates, Draw("""{"module_selection": "slopes", "composition": "delta"}""", seed: 2));
    }

    [Theory]
    [InlineData("all")]
    [InlineData("similar")]
    [InlineData("probe")]
    [InlineData("slopes")]
    public void Specified_modules_override_the_selection(string selection)
    {
        Assert.Equal(
            ["hub/module-07", "hub/module-03"],
            Draw($$"""{"module_selection": "{{selection}}", "lora_modules_specified": "hub/module-07, hub/module-03"}""", seed: 1));
    }

    [Theory]
    [InlineData("all", "module_selection", "The pool holds no module that can be composed")]
    [InlineData("probe", "module_selection", "The pool holds no module that can be composed")]
    [InlineData("similar", "num_random_lora_modules", "20 modules were asked for, but the pool holds 0")]
    [InlineData("random", "num_random_lora_modules", "20 modules were asked for, but the pool holds 0")]
    public void A_pool_without_modules_is_an_error_of_the_field_that_asks_for_them(string selection, string field, string message)
    {
        var (input, _) = InputParser.Parse(JsonNode.Parse($$"""{"module_selection": "{{selection}}"}""")!.AsObject());

        var (modules, errors) = ModuleSelector.Select(input!, new Catalog { IsEmpty = true }, seed: 1);

        Assert.Empty(modules);
        Assert.Equal(field, Assert.Single(errors).Field);
        Assert.Contains(message, errors[0].Message, StringComparison.Ordinal);
    }

    string[] Draw(string json, long seed)
    {
        var (input, _) = InputParser.Parse(JsonNode.Parse(json)!.AsObject());
        var (modules, errors) = ModuleSelector.Select(input!, _catalog, seed);
        Assert.Empty(errors);
        return [.. modules.Select(module => module.Id)];
    }

    /// <summary>Thirty modules of one shape, one of them with a card; one of another shape, one of another base, one broken.</summary>
    sealed class Catalog() : ModuleLibrary(Nowhere, new BaseModels(Nowhere, "hub/base"))
    {
        static readonly SearchPath Nowhere = new([]);

        public bool IsEmpty { get; init; }

        public override IReadOnlyList<ModuleVersion> List() => IsEmpty ? [Broken] :
        [
            Broken,
            .. Enumerable.Range(0, 30).Select(
                i => Module($"hub/module-{i:00}") with { Card = new ModuleCard { Purpose = i == 17 ? "Counts each walrus." : "" } }),
            Module("hub/other-base") with { BaseModel = "hub/other" },
            Module("hub/other-rank") with { Rank = 4, Layout = "r4" },
        ];

        public override ModuleVersion? Find(ModuleReference reference) =>
            List().FirstOrDefault(module => module.Id == reference.Id && reference.Matches(module.Digest ?? ""));

        static ModuleVersion Broken => Module("hub/broken") with { Defect = "it is cut short" };

        static ModuleVersion Module(string id) => new() { Id = id, BaseModel = "hub/base", Rank = 8, Layout = "r8" };
    }
}
