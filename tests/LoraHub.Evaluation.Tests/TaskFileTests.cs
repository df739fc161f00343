
namespace LoraHub.Evaluation.Tests;

public sealed class TaskFileTests : IDisposable
{
    readonly TaskFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_first_five_lines_are_the_examples_and_the_rest_is_tested()
    {
        var task = TaskFile.Read(_folder.Write("plurals.jsonl", TaskFolder.Lines(8)));

        Assert.Equal("plurals", task.Name);
        Assert.Equal([new("q0", "a0"), new("q1", "a1"), new("q2", "a2"), new("q3", "a3"), new("q4", "a4")], task.Examples);
        Assert.Equal([new("q5", "a5"), new("q6", "a6"), new("q7", "a7")], task.Tests);
    }

    /// <summary>python3: <c>random.seed(42); random.shuffle(examples)</c>.</summary>
    [Fact]
    public void Five_examples_of_a_document_are_drawn_as_the_reference_draws_them()
    {
        var task = TaskFile.Read(_folder.Write("snarks.json", TaskFolder.Document(250)));

        Assert.Equal(["q44", "q98", "q184", "q123", "q121"], task.Examples.Select(line => line.Input));
        Assert.Equal(["a44", "a98", "a184", "a123", "a121"], task.Examples.Select(line => line.Target));
        Assert.Equal(245, task.Tests.Count);
        Assert.Equal(["q167", "q9", "q176"], task.Tests.Take(3).Select(line => line.Input));
        Assert.Empty(task.Tests.Intersect(task.Examples));
    }

    [Fact]
    public void A_folder_gives_its_tasks_by_name_and_leaves_other_files_alone()
    {
        _folder.Write("b.jsonl", TaskFolder.Lines(6));
        _folder.Write("a.json", TaskFolder.Document(9));
        _folder.Write("README.md", "# Tasks");

        var tasks = TaskFile.ReadFolder(_folder.Path, limit: 3);

        Assert.Equal([("a", 3), ("b", 1)], tasks.Select(task => (task.Name, task.Tests.Count)));
    }

    /// <summary>python3: <c>lines = list(range(12)); random.Random(draw).shuffle(lines)</c>.</summary>
    [Theory]
    [InlineData(0, new[] { 0, 1, 2, 3, 4 }, new[] { 5, 6, 7, 8, 9, 10, 11 })]
    [InlineData(1, new[] { 7, 11, 0, 8, 5 }, new[] { 6, 3, 10, 4, 1, 9, 2 })]
    [InlineData(2, new[] { 9, 11, 3, 4, 7 }, new[] { 6, 8, 2, 5, 10, 1, 0 })]
    public void Each_further_draw_shuffles_all_lines_as_python_does(int draw, int[] examples, int[] tests)
    {
        _folder.Write("a.jsonl", TaskFolder.Lines(12));

        var task = TaskFile.ReadFolder(_folder.Path, limit: null, draws: 3)[draw];

        Assert.Equal(draw, task.Draw);
        Assert.Equal(examples.Select(line => $"q{line}"), task.Examples.Select(line => line.Input));
        Assert.Equal(tests.Select(line => $"q{line}"), task.Tests.Select(line => line.Input));
        Assert.Equal(tests.Select(line => $"a{line}"), task.Tests.Select(line => line.Target));
    }

    [Fact]
    public void A_limit_holds_for_every_draw()
    {
        _folder.Write("b.jsonl", TaskFolder.Lines(10));
        _folder.Write("a.json", TaskFolder.Document(12));

        var tasks = TaskFile.ReadFolder(_folder.Path, limit: 4, draws: 2);

        Assert.Equal([("a", 0, 4), ("a", 1, 4), ("b", 0, 4), ("b", 1, 4)], tasks.Select(task => (task.Name, task.Draw, task.Tests.Count)));
        Assert.NotEqual(tasks[0].Examples, tasks[1].Examples);
        Assert.Equal(tasks[0].Digest, tasks[1].Digest);
    }

    [Fact]
    public void Several_draws_need_as_many_tests_as_examples()
    {
        var file = _folder.Write("a.jsonl", TaskFolder.Lines(9));

        Assert.Single(TaskFile.ReadFolder(_folder.Path, limit: null));
        Assert.Equal(
            $"--example-draws 2: `{file}` has 9 lines; several draws need at least 10, 5 examples and as many tests. "
                + "Add lines, or use --example-draws 1.",
            Assert.Throws<EvaluationException>(() => TaskFile.ReadFolder(_folder.Path, limit: null, draws: 2)).Message);
    }

    [Fact]
    public void Blank_lines_a_byte_order_mark_and_Windows_line_ends_are_accepted()
    {
        var task = TaskFile.Read(_folder.Write("a.jsonl", "\uFEFF" + TaskFolder.Lines(6).ReplaceLineEndings("\r\n") + "\r\n\n"));

        Assert.Equal("q0", task.Examples[0].Input);
        Assert.Equal([new("q5", "a5")], task.Tests);
    }

    [Fact]
    public void A_changed_file_has_another_digest()
    {
        var before = TaskFile.Read(_folder.Write("a.jsonl", TaskFolder.Lines(6)));
        var after = TaskFile.Read(_folder.Write("a.jsonl", TaskFolder.Lines(6, "Q")));

        Assert.Matches("^[0-9a-f]{64}$", before.Digest);
        Assert.NotEqual(before.Digest, after.Digest);
    }

    public static TheoryData<string, string, string> Broken => new()
    {
        { "a.jsonl", TaskFolder.Lines(3) + "{\"input\": \"q\"\n" + TaskFolder.Lines(3),
            "a.jsonl`, line 4: a task's line is a JSON object with the strings `input` and `target`." },
        { "a.jsonl", TaskFolder.Lines(6) + "\n{\"input\": \"q\", \"target\": 7}\n",
            "a.jsonl`, line 8: a task's line is a JSON object with the strings `input` and `target`." },
        { "a.jsonl", TaskFolder.Lines(6) + "[1]\n", "a.jsonl`, line 7: a task's line" },
        { "a.jsonl", TaskFolder.Lines(6) + "{\"input\": \"\\ud800\", \"target\": \"a\"}\n", "a.jsonl`, line 7: a task's line" },
        { "a.jsonl", TaskFolder.Lines(5), "a.jsonl` has 5 lines; a task needs at least 6: 5 examples and one test." },
        { "a.jsonl", "", "a.jsonl` has 0 lines" },
        { "a.json", TaskFolder.Document(4), "a.json` has 4 lines" },
        { "a.json", "{\n\"examples\": [\n}", "a.json`, line 3: it is not valid JSON." },
        { "a.json", "{\"lines\": []}", "a.json` has no array `examples`, as BIG-bench-hard's files have." },
        { "a.json", "[1, 2]", "a.json` has no array `examples`" },
        { "a.json", "{\"examples\": [{\"input\": \"q\", \"target\": \"a\"}, {\"input\": \"q\"}]}",
            "a.json`, example 2 of the array: a task's line is a JSON object" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_task_is_named_with_its_line(string name, string content, string message)
    {
        var file = _folder.Write(name, content);

        Assert.Contains(message, Assert.Throws<EvaluationException>(() => TaskFile.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_utf_8_is_named()
    {
        var file = Path.Combine(_folder.Path, "a.jsonl");
        File.WriteAllBytes(file, [0xc3, 0x28]);

        Assert.EndsWith("a.jsonl` is not UTF-8.", Assert.Throws<EvaluationException>(() => TaskFile.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_tasks_or_with_two_of_one_name_is_refused()
    {
        Assert.Equal($"There is no folder `{_folder.Path}/gone`.", Refusal($"{_folder.Path}/gone"));
        Assert.Equal($"There is no task in `{_folder.Path}`: no file *.jsonl or *.json.", Refusal(_folder.Path));

        var file = _folder.Write("a.jsonl", TaskFolder.Lines(6));
        _folder.Write("a.json", TaskFolder.Document(6));

        Assert.Equal($"`{_folder.Path}` holds two tasks named a; rename one.", Refusal(_folder.Path));
        Assert.Equal($"`{file}` is a file; name the folder that contains the tasks.", Refusal(file));
    }

    static string Refusal(string folder) => Assert.Throws<EvaluationException>(() => TaskFile.ReadFolder(folder, limit: null)).Message;
}
