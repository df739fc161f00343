using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace LoraHub.Core.Json;

/// <summary>Formats numbers as JavaScript does: 40, not 40.0; 0.00001, not 1E-05; 1e-7, not 1E-07.</summary>
static class JavaScriptNumber
{
    /// <summary>Beyond these limits JavaScript writes an exponent.</summary>
    const int MostDigitsBeforePoint = 21, MostZerosAfterPoint = 5;

    /// <param name="value">Finite.</param>
    public static string Format(double value)
    {
        if (value == 0)
        {
            return "0"; // also for negative zero
        }

        var (digits, point) = Digits(Math.Abs(value));
        var text = point switch
        {
            > MostDigitsBeforePoint or < -MostZerosAfterPoint => Exponential(digits, point - 1),
            <= 0 => $"0.{new string('0', -point)}{digits}",
            _ when point >= digits.Length => digits.PadRight(point, '0'),
            _ => $"{digits[..point]}.{digits[point..]}",
        };
        return value < 0 ? $"-{text}" : text;
    }

    /// <summary>
    /// The shortest digits that round-trip to this value, without leading or trailing zeros, and the position of the decimal point relative to the
    /// first digit.
    /// </summary>
    static (string Digits, int Point) Digits(double value)
    {
        var parts = value.ToString("R", CultureInfo.InvariantCulture).Split('E');
        var exponent = parts.Length == 2 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        var (whole, fraction) = parts[0].Split('.') is [var before, var after] ? (before, after) : (parts[0], "");
        var digits = (whole + fraction).TrimStart('0');
        return (digits.TrimEnd('0'), exponent + digits.Length - fraction.Length);
    }

    static string Exponential(string digits, int exponent)
    {
        var mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
        return $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent)}";
    }

    /// <summary>Writes non-finite values, such as a diverged loss, as strings, so that they do not fail the whole response.</summary>
    public sealed class DoubleConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? double.Parse(reader.GetString()!, CultureInfo.InvariantCulture) : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
            {
                writer.WriteRawValue(Format(value), skipInputValidation: true);
            }
            else
            {
                writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>
    /// Reformats the numbers in a client's JSON. Integers keep all their digits, although JavaScript keeps only about sixteen of them.
    /// </summary>
    public sealed class NodeConverter : JsonConverter<JsonNode>
    {
        public override bool CanConvert(Type typeToConvert) => typeof(JsonNode).IsAssignableFrom(typeToConvert);

        public override JsonNode? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => JsonNode.Parse(ref reader);

        public override void Write(Utf8JsonWriter writer, JsonNode? value, JsonSerializerOptions options)
        {
            switch (value)
            {
                case null:
                    writer.WriteNullValue();
                    break;
                case JsonObject members:
                    writer.WriteStartObject();
                    foreach (var (key, member) in members)
                    {
                        writer.WritePropertyName(key);
                        Write(writer, member, options);
                    }

                    writer.WriteEndObject();
                    break;
                case JsonArray items:
                    writer.WriteStartArray();
                    foreach (var item in items)
                    {
                        Write(writer, item, options);
                    }

                    writer.WriteEndArray();
                    break;
                default:
                    WriteLeaf(writer, value);
                    break;
            }
        }

        static void WriteLeaf(Utf8JsonWriter writer, JsonNode value)
        {
            var written = value.GetValueKind() == JsonValueKind.Number ? value.ToJsonString() : null;
            if (long.TryParse(written, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            {
                writer.WriteNumberValue(whole);
            }
            else if (double.TryParse(written, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            {
                writer.WriteRawValue(Format(number), skipInputValidation: true);
            }
            else
            {
                value.WriteTo(writer);
            }
        }
    }
}
