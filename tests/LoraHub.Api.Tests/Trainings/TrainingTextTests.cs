using System.Text;
using LoraHub.Api.Trainings;
using LoraHub.Core.Trainings;

namespace LoraHub.Api.Tests.Trainings;

/// <summary>What training data may look like, and what is said about data that does not.</summary>
public sealed class TrainingTextTests
{
    static readonly TrainingExample[] Words = [new("fork", "fourchette"), new("mother", "mère")];

    [Theory]
    [InlineData("{\"input\": \"fork\", \"target\": \"fourchette\"}\n{\"input\": \"mother\", \"target\": \"mère\"}")]
    [InlineData("{\"prompt\": \"fork\", \"completion\": \"fourchette\"}\r\n\r\n{\"input\": \"mother\", \"output\": \"mère\", \"id\": 7}\r\n")]
    [InlineData("\ufeff\n {\"input\": \"fork\", \"target\": \"fourchette\"}\n{\"input\": \"mother\", \"target\": \"m\\u00e8re\"}\n")]
    [InlineData("input,target\nfork,fourchette\nmother,mère\n")]
    [InlineData("\ufeffid,Prompt , Completion\r\n1,fork,fourchette\r\n2,mother,mère\r\n")]
    [InlineData("target\tinput\n\"fourchette\"\tfork\nmère\tmother")]
    public void Examples_are_read_from_JSON_Lines_and_CSV(string text) => Assert.Equal(Words, Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_quoted_cell_has_separators_quotes_and_line_breaks() => Assert.Equal(
        [new TrainingExample("a, \"b\"\nc", "d\r\ne")],
        Read("input,target\n\"a, \"\"b\"\"\nc\",\"d\r\ne\"\r\n"u8.ToArray()));

    [Theory]
    [InlineData("", "The data is empty")]
    [InlineData(" \n\r\n", "The data is empty")]
    [InlineData("[{\"input\": \"a\", \"target\": \"b\"}]", "The data is a JSON array; write one object a line")]
    [InlineData("{\"input\": \"a\", \"target\": \"b\"}\n{\"input\": \"c\", \"target\"", "Line 2 is not valid JSON (byte ")]
    [InlineData("{\"input\": \"a\", \"target\": \"b\"}\n\nname", "Line 3 is not valid JSON (byte ")]
    [InlineData("{\"input\": \"a\", \"target\": \"b\"}\n[1]", "Line 2 is not a JSON object")]
    [InlineData("{\"input\": \"a\"}", "Line 1 does not have `input` and `target` (or `prompt` and `completion`).")]
    [InlineData("{\"input\": \"a\", \"target\": 5}", "Line 1: `target` is of type number; it must be a string.")]
    [InlineData("{\"prompt\": [\"a\"], \"completion\": \"b\"}", "Line 1: `prompt` is of type array; it must be a string.")]
    [InlineData("{\"input\": null, \"target\": \"b\"}", "Line 1: `input` is null; it must be a string.")]
    [InlineData("{\"input\": \"a\", \"target\": \" \"}", "Line 1: `target` is empty")]
    [InlineData("{\"input\": \"\\ud800\", \"target\": \"b\"}", "Line 1 is not valid JSON")]
    [InlineData("{\"input\": \"a\", \"input\": \"b\", \"target\": \"c\"}", "Line 1 is not valid JSON (an object repeats a key);")]
    [InlineData("input\na\nb\n", "Line 1 is taken for the header of a CSV with one column")]
    [InlineData("a,b\n1,2\n", "Line 1 is taken for the header of a CSV with 2 columns")]
    [InlineData("input,target\na,b\nc\n", "Line 3 has 1 cells, but the header has 2")]
    [InlineData("input,target\na,b\nc,\n", "Line 3: `target` is empty")]
    [InlineData("input,target\na,\"b\nc,d\n", "Line 2: a quoted cell does not end")]
    public void Bad_data_is_refused_with_the_line_and_the_cure(string text, string problem) =>
        Assert.StartsWith(problem, Refuse(Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal);

    [Fact]
    public void Other_encodings_are_refused_with_the_line()
    {
        Assert.StartsWith("Line 3 is not UTF-8 text", Refuse(Encoding.Latin1.GetBytes("input,target\nfork,fourchette\nmother,mère\n")));
        foreach (var utf16 in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode])
        {
            Assert.Equal(
                "Line 1 is not UTF-8 text; convert the data, for example with `iconv -f UTF-16 -t UTF-8`.",
                Refuse([.. utf16.Preamble, .. utf16.GetBytes("input,target\na,b\n")]));
        }

        Assert.StartsWith("Line 1 is not text: it has a null byte", Refuse(Encoding.Unicode.GetBytes("input,target\na,b\n")));
    }

    [Fact]
    public void A_line_without_an_end_is_not_read_to_its_end()
    {
        using var content = new EndlessLine();

        var refused = Assert.Throws<TrainingDataException>(() => TrainingText.Read(content).Count());

        Assert.StartsWith("Line 1 is longer than 1048576 bytes", refused.Message, StringComparison.Ordinal);
        Assert.InRange(content.Position, 1, 2 * Utf8Lines.Longest);
    }

    [Fact]
    public void Examples_are_read_as_they_are_asked_for()
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Repeat("{\"input\": \"fork\", \"target\": \"fourchette\"}\n", 100_000)) + "broken"));

        Assert.Equal("fourchette", TrainingText.Read(content).First().Target);
        Assert.InRange(content.Position, 1, content.Length / 2);
    }

    static List<TrainingExample> Read(byte[] content)
    {
        using var stream = new MemoryStream(content);
        return [.. TrainingText.Read(stream)];
    }

    static string Refuse(byte[] content) => Assert.Throws<TrainingDataException>(() => Read(content)).Message;

    sealed class EndlessLine : MemoryStream
    {
        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)'x');
            Position += buffer.Length;
            return buffer.Length;
        }
    }
}
