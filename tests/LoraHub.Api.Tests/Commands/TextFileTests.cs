using System.Text;
using LoraHub.Api.Commands;

namespace LoraHub.Api.Tests.Commands;

/// <summary>Text that comes by standard input.</summary>
public sealed class TextFileTests
{
    [Theory]
    [InlineData("en>fr window")]
    [InlineData("en>fr window\n")]
    [InlineData("en>fr window\r\n")]
    [InlineData("\uFEFFen>fr window\r\n")]
    public void The_last_line_break_and_a_byte_order_mark_are_not_part_of_the_text(string given)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(given));

        Assert.Equal("en>fr window", TextFile.ReadToEnd("prompt", input, most: 100));
    }

    [Fact]
    public void More_than_the_limit_is_refused()
    {
        using var input = new MemoryStream(new byte[101]);

        var refusal = Assert.Throws<UsageException>(() => TextFile.ReadToEnd("prompt", input, most: 100));

        Assert.Equal("prompt: standard input has more than 100 bytes (Limits:InputBytes).", refusal.Message);
    }
}
