using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace LoraHub.Api.Http;

/// <summary>Numbers as JavaScript writes them: 40, not 40.0; 0.00001, not 1E-05; 1e-7, not 1E-07.</summary>
static class JavaScriptNumber
{
    /// <summary>Beyond these JavaScript writes an exponent.</summary>
    const int MostDigitsBeforePoint = 21, MostZerosAfterPoint = 5;

    /// <param name="value">Finite.</param>
    public static string Format(double value)
    {
        if (value == 0)
        {
            return "0"; // minus zero too
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

    /// <summary>The fewest digits that mean this value and no other, without zeros at their ends, and where the point stands from their beginning.</summary>
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

    /// <summary>A value that is not finite, as a loss may be, is written as its name: it must not take the whole answer down.</summary>
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

    /// <summary>JSON that a client gave: its numbers may be spelled otherwise. Whole ones keep all their digits, though JavaScript reads only the first sixteen or so.</summary>
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
            var spelled = value.GetValueKind() == JsonValueKind.Number ? value.ToJsonString() : null;
            if (long.TryParse(spelled, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            {
                writer.WriteNumberValue(whole);
            }
            else if (double.TryParse(spelled, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
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
