using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LoraHub.Storage.Records.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class CreatedPredictions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "created",
                table: "predictions",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "plan",
                table: "predictions",
                type: "text",
                nullable: true);

            // The properties that no longer have a column: see RecordJson.WriteCreated.
            migrationBuilder.Sql(
                """
                UPDATE predictions
                SET created = json_build_object('Origin', origin, 'Deployment', deployment, 'Webhook', webhook::json, 'TraceParent', trace_parent)::text
                """);

            migrationBuilder.DropColumn(
                name: "origin",
                table: "predictions");

            migrationBuilder.DropColumn(
                name: "deployment",
                table: "predictions");

            migrationBuilder.DropColumn(
                name: "webhook",
                table: "predictions");

            migrationBuilder.DropColumn(
                name: "trace_parent",
                table: "predictions");

            migrationBuilder.RenameColumn(
                name: "licence",
                table: "modules",
                newName: "license");

            migrationBuilder.CreateTable(
                name: "module_uses",
                columns: table => new
                {
                    prediction_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    module_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    digest = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_module_uses", x => new { x.prediction_id, x.module_id, x.digest });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "module_uses");

            migrationBuilder.RenameColumn(
                name: "license",
                table: "modules",
                newName: "licence");

            migrationBuilder.AddColumn<string>(
                name: "origin",
                table: "predictions",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "deployment",
                table: "predictions",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "webhook",
                table: "predictions",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "trace_parent",
                table: "predictions",
                type: "text",
                nullable: true);

            migrationBuilder.Sql(
                """
                UPDATE predictions
                SET origin = created::json->>'Origin',
                    deployment = created::json->>'Deployment',
                    webhook = created::json->>'Webhook',
                    trace_parent = created::json->>'TraceParent'
                """);

            migrationBuilder.DropColumn(
                name: "created",
                table: "predictions");

            migrationBuilder.DropColumn(
                name: "plan",
                table: "predictions");
        }
    }
}
