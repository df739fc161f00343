using System.Text;
using LoraHub.Api.Http;
using Microsoft.Extensions.Primitives;

namespace LoraHub.Api.Pages;

/// <summary>What a form may hold in memory.</summary>
/// <param name="TextBytes">The most bytes of UTF-8 of all its values together.</param>
/// <param name="Fields">The most fields.</param>
/// <param name="TooLarge">The answer to a form that holds more.</param>
sealed record FormLimits(int TextBytes, int Fields, IResult TooLarge)
{
    /// <summary>The longest name of a field, in characters.</summary>
    public const int NameLength = 200;

    /// <summary>The characters that a percent-encoded byte takes.</summary>
    public const int EncodedByte = 3;

    /// <summary>The most bytes of the body without files: all text is percent-encoded, or each field has the headers of a part.</summary>
    public long BodyBytes => (long)EncodedByte * TextBytes + (long)EncodedByte * NameLength * Fields;

    public RequestRefusedException Refusal() => new(TooLarge);
}

/// <summary>The fields of a form so far, within one limit for all of them.</summary>
sealed class FormFields(FormLimits limits)
{
    readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    int _fields;

    /// <summary>The bytes that the next value may have.</summary>
    public int Left { get; private set; } = limits.TextBytes;

    /// <exception cref="RequestRefusedException">It is one field or byte too many.</exception>
    public void Add(string name, string value)
    {
        Left -= Encoding.UTF8.GetByteCount(value);
        if (Left < 0 || name.Length > FormLimits.NameLength)
        {
            throw limits.Refusal();
        }

        Count();
        if (!_values.TryGetValue(name, out var values))
        {
            _values[name] = values = [];
        }

        values.Add(value);
    }

    /// <summary>Counts a field that is not kept.</summary>
    /// <exception cref="RequestRefusedException">It is one too many.</exception>
    public void Count()
    {
        if (++_fields > limits.Fields)
        {
            throw limits.Refusal();
        }
    }

    public FormCollection ToForm() =>
        new(_values.ToDictionary(field => field.Key, field => new StringValues([.. field.Value]), StringComparer.Ordinal));
}
