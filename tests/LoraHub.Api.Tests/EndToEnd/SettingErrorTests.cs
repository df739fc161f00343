using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>Runs the real program with wrong settings.</summary>
public sealed class SettingErrorTests
{
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "Inference:Precision", "float32", "`Inference:Precision` is `float32`; use `auto`, `fp32` or `bf16`." },
        { "Inference:Precision", "7", "`Inference:Precision` is `7`; use `auto`, `fp32` or `bf16`." },
        { "Inference:Decoding", "int4", "`Inference:Decoding` is `int4`; use `auto` or `int8`." },
        { "Inference:Device", "gpu", "`Inference:Device` is `gpu`; use `cpu`, `cuda` or `cuda:1`." },
        { "Inference:Threads", "0", "`Inference:Threads` is `0`; use a whole number from 1 to 1024." },
        { "Inference:Threads", "two", "`Inference:Threads` is `two`; use a whole number from 1 to 1024." },
        { "Inference:ModuleCacheBytes", "-1", "`Inference:ModuleCacheBytes` is `-1`; use a whole number of at least 0." },
        { "Models:Base", "t5-mini", "`Models:Base` is `t5-mini`; use owner/name, such as google/flan-t5-large." },
        { "Queue:Lease", "soon", "`Queue:Lease` is `soon`; use a time as hours:minutes:seconds from 00:00:01 to 00:10:00." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Predict_names_the_setting_its_value_and_the_cure_and_exits_with_2(string key, string value, string line)
    {
        var run = await RunAsync(["predict", "-i", "seed=1"], (key, value));

        Assert.Equal(new FinishedRun(2, "", line + "\n"), run);
    }

    [Fact]
    public async Task A_secret_is_not_shown()
    {
        var run = await RunAsync(["predict"], ("Hub:Token", "two words"));

        Assert.Equal(
            new FinishedRun(2, "", "`Hub:Token` is not valid; use printable letters without spaces (also in HF_TOKEN).\n"), run);
    }

    [Theory]
    [InlineData("evaluate", "/no/such/tasks")]
    [InlineData("modules", "list")]
    [InlineData("models", "list")]
    public async Task Other_verbs_check_all_settings_too(params string[] arguments)
    {
        var run = await RunAsync(arguments, ("Inference:Precision", "float32"), ("Inference:Threads", "2"));

        Assert.Equal(new FinishedRun(2, "", "`Inference:Precision` is `float32`; use `auto`, `fp32` or `bf16`.\n"), run);
    }

    [Fact]
    public async Task Several_wrong_settings_are_named_one_a_line()
    {
        var run = await RunAsync(["predict"], ("Inference:Threads", "0"), ("Queue:Lease", "01:00:00"));

        Assert.Equal(2, run.Code);
        Assert.Equal(
            [
                "`Inference:Threads` is `0`; use a whole number from 1 to 1024.",
                "`Queue:Lease` is `01:00:00`; use a time as hours:minutes:seconds from 00:00:01 to 00:10:00.",
            ],
            run.Error.TrimEnd('\n').Split('\n').Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task The_service_does_not_start_and_says_the_same(string key, string value, string line)
    {
        var run = await RunAsync(["--urls", "http://127.0.0.1:0"], (key, value));

        Assert.Equal((1, $"lorahub cannot start: {line}\n"), (run.Code, run.Error));
    }

    static async Task<FinishedRun> RunAsync(string[] arguments, params (string Key, string Value)[] settings)
    {
        var data = Directory.CreateTempSubdirectory("lorahub-");
        try
        {
            return await FinishedRun.OfAsync(data.FullName, arguments, settings);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
